// Original file: proto/fennec/data_endpoint.proto


export interface PodData {
  'name'?: (string);
  'data'?: (Buffer | Uint8Array | string);
}

export interface PodData__Output {
  'name': (string);
  'data': (Buffer);
}
