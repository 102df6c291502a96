// Original file: proto/snoopy/v1/observer.proto

export const Initiator = {
  INITIATOR_UNSPECIFIED: 'INITIATOR_UNSPECIFIED',
  INITIATOR_SOURCE: 'INITIATOR_SOURCE',
} as const;

export type Initiator =
  | 'INITIATOR_UNSPECIFIED'
  | 0
  | 'INITIATOR_SOURCE'
  | 1

export type Initiator__Output = typeof Initiator[keyof typeof Initiator]
