// Original file: proto/fennec/data_endpoint.proto


export interface Response {
  'message'?: (string);
}

export interface Response__Output {
  'message': (string);
}
