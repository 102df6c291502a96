// Original file: proto/snoopy/v1/observer.proto

export const Vantage = {
  VANTAGE_UNSPECIFIED: 'VANTAGE_UNSPECIFIED',
  VANTAGE_SOURCE: 'VANTAGE_SOURCE',
  VANTAGE_DESTINATION: 'VANTAGE_DESTINATION',
  VANTAGE_HOP: 'VANTAGE_HOP',
} as const;

export type Vantage =
  | 'VANTAGE_UNSPECIFIED'
  | 0
  | 'VANTAGE_SOURCE'
  | 1
  | 'VANTAGE_DESTINATION'
  | 2
  | 'VANTAGE_HOP'
  | 3

export type Vantage__Output = typeof Vantage[keyof typeof Vantage]
