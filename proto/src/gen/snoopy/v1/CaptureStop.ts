// Original file: proto/snoopy/v1/capture.proto


export interface CaptureStop {
}

export interface CaptureStop__Output {
}
