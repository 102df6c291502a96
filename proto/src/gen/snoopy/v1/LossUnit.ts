// Original file: proto/snoopy/v1/flow.proto

export const LossUnit = {
  LOSS_UNIT_UNSPECIFIED: 'LOSS_UNIT_UNSPECIFIED',
  LOSS_UNIT_PACKETS: 'LOSS_UNIT_PACKETS',
  LOSS_UNIT_RECORDS: 'LOSS_UNIT_RECORDS',
  LOSS_UNIT_BYTES: 'LOSS_UNIT_BYTES',
} as const;

export type LossUnit =
  | 'LOSS_UNIT_UNSPECIFIED'
  | 0
  | 'LOSS_UNIT_PACKETS'
  | 1
  | 'LOSS_UNIT_RECORDS'
  | 2
  | 'LOSS_UNIT_BYTES'
  | 3

export type LossUnit__Output = typeof LossUnit[keyof typeof LossUnit]
