// Original file: proto/snoopy/v1/job.proto


export interface ListJobsRequest {
  'namespace'?: (string);
  'name'?: (string);
}

export interface ListJobsRequest__Output {
  'namespace': (string);
  'name': (string);
}
