// Original file: proto/snoopy/v1/agent.proto

export const TaskState = {
  TASK_STATE_UNSPECIFIED: 'TASK_STATE_UNSPECIFIED',
  TASK_STATE_RUNNING: 'TASK_STATE_RUNNING',
  TASK_STATE_DONE: 'TASK_STATE_DONE',
  TASK_STATE_FAILED: 'TASK_STATE_FAILED',
} as const;

export type TaskState =
  | 'TASK_STATE_UNSPECIFIED'
  | 0
  | 'TASK_STATE_RUNNING'
  | 1
  | 'TASK_STATE_DONE'
  | 2
  | 'TASK_STATE_FAILED'
  | 3

export type TaskState__Output = typeof TaskState[keyof typeof TaskState]
