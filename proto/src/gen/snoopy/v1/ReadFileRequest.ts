// Original file: proto/snoopy/v1/job.proto


export interface ReadFileRequest {
  'namespace'?: (string);
  'name'?: (string);
  'run'?: (string);
}

export interface ReadFileRequest__Output {
  'namespace': (string);
  'name': (string);
  'run': (string);
}
