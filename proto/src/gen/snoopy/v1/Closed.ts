// Original file: proto/snoopy/v1/observer.proto

export const Closed = {
  CLOSED_UNSPECIFIED: 'CLOSED_UNSPECIFIED',
  CLOSED_FIN: 'CLOSED_FIN',
  CLOSED_RESET: 'CLOSED_RESET',
  CLOSED_ABORTED: 'CLOSED_ABORTED',
  CLOSED_IDLE: 'CLOSED_IDLE',
} as const;

export type Closed =
  | 'CLOSED_UNSPECIFIED'
  | 0
  | 'CLOSED_FIN'
  | 1
  | 'CLOSED_RESET'
  | 2
  | 'CLOSED_ABORTED'
  | 3
  | 'CLOSED_IDLE'
  | 4

export type Closed__Output = typeof Closed[keyof typeof Closed]
