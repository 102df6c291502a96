// Original file: proto/snoopy/v1/job.proto


export interface RunStop {
}

export interface RunStop__Output {
}
