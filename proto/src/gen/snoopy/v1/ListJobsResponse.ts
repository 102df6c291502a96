// Original file: proto/snoopy/v1/job.proto

import type { Job as _snoopy_v1_Job, Job__Output as _snoopy_v1_Job__Output } from '../../snoopy/v1/Job.js';

export interface ListJobsResponse {
  'jobs'?: (_snoopy_v1_Job)[];
}

export interface ListJobsResponse__Output {
  'jobs': (_snoopy_v1_Job__Output)[];
}
