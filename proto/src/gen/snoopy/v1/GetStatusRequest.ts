// Original file: proto/snoopy/v1/observer.proto


export interface GetStatusRequest {
}

export interface GetStatusRequest__Output {
}
