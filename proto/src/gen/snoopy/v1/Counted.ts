// Original file: proto/snoopy/v1/observer.proto

export const Counted = {
  COUNTED_UNSPECIFIED: 'COUNTED_UNSPECIFIED',
  COUNTED_FRAMES: 'COUNTED_FRAMES',
  COUNTED_SOCKETS: 'COUNTED_SOCKETS',
} as const;

export type Counted =
  | 'COUNTED_UNSPECIFIED'
  | 0
  | 'COUNTED_FRAMES'
  | 1
  | 'COUNTED_SOCKETS'
  | 2

export type Counted__Output = typeof Counted[keyof typeof Counted]
