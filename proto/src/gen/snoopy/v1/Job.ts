// Original file: proto/snoopy/v1/job.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';
import type { JobRun as _snoopy_v1_JobRun, JobRun__Output as _snoopy_v1_JobRun__Output } from '../../snoopy/v1/JobRun.js';

export interface Job {
  'namespace'?: (string);
  'name'?: (string);
  'state'?: (string);
  'reason'?: (string);
  'message'?: (string);
  'schedule'?: (string);
  'nextRun'?: (_google_protobuf_Timestamp | null);
  'runs'?: (_snoopy_v1_JobRun)[];
}

export interface Job__Output {
  'namespace': (string);
  'name': (string);
  'state': (string);
  'reason': (string);
  'message': (string);
  'schedule': (string);
  'nextRun': (_google_protobuf_Timestamp__Output | null);
  'runs': (_snoopy_v1_JobRun__Output)[];
}
