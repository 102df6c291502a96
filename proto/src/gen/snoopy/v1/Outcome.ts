// Original file: proto/snoopy/v1/observer.proto

export const Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OUTCOME_ESTABLISHED: 'OUTCOME_ESTABLISHED',
  OUTCOME_REFUSED: 'OUTCOME_REFUSED',
  OUTCOME_UNREACHABLE: 'OUTCOME_UNREACHABLE',
  OUTCOME_TIMEOUT: 'OUTCOME_TIMEOUT',
} as const;

export type Outcome =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OUTCOME_ESTABLISHED'
  | 1
  | 'OUTCOME_REFUSED'
  | 2
  | 'OUTCOME_UNREACHABLE'
  | 3
  | 'OUTCOME_TIMEOUT'
  | 4

export type Outcome__Output = typeof Outcome[keyof typeof Outcome]
