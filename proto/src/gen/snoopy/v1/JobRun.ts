// Original file: proto/snoopy/v1/job.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';
import type { JobTarget as _snoopy_v1_JobTarget, JobTarget__Output as _snoopy_v1_JobTarget__Output } from '../../snoopy/v1/JobTarget.js';
import type { Long } from '@grpc/proto-loader';

export interface JobRun {
  'id'?: (string);
  'scheduled'?: (_google_protobuf_Timestamp | null);
  'started'?: (_google_protobuf_Timestamp | null);
  'ended'?: (_google_protobuf_Timestamp | null);
  'state'?: (string);
  'reason'?: (string);
  'file'?: (string);
  'fileBytes'?: (number | string | Long);
  'targets'?: (_snoopy_v1_JobTarget)[];
}

export interface JobRun__Output {
  'id': (string);
  'scheduled': (_google_protobuf_Timestamp__Output | null);
  'started': (_google_protobuf_Timestamp__Output | null);
  'ended': (_google_protobuf_Timestamp__Output | null);
  'state': (string);
  'reason': (string);
  'file': (string);
  'fileBytes': (number);
  'targets': (_snoopy_v1_JobTarget__Output)[];
}
