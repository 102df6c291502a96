// Original file: proto/snoopy/v1/job.proto


export interface ReadFileResponse {
  'file'?: (string);
  'data'?: (Buffer | Uint8Array | string);
}

export interface ReadFileResponse__Output {
  'file': (string);
  'data': (Buffer);
}
