import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { CaptureClient as _snoopy_v1_CaptureClient, CaptureDefinition as _snoopy_v1_CaptureDefinition } from './snoopy/v1/Capture.js';
import type { CaptureProgress as _snoopy_v1_CaptureProgress, CaptureProgress__Output as _snoopy_v1_CaptureProgress__Output } from './snoopy/v1/CaptureProgress.js';
import type { CaptureRequest as _snoopy_v1_CaptureRequest, CaptureRequest__Output as _snoopy_v1_CaptureRequest__Output } from './snoopy/v1/CaptureRequest.js';
import type { CaptureResponse as _snoopy_v1_CaptureResponse, CaptureResponse__Output as _snoopy_v1_CaptureResponse__Output } from './snoopy/v1/CaptureResponse.js';
import type { CaptureStart as _snoopy_v1_CaptureStart, CaptureStart__Output as _snoopy_v1_CaptureStart__Output } from './snoopy/v1/CaptureStart.js';
import type { CaptureStop as _snoopy_v1_CaptureStop, CaptureStop__Output as _snoopy_v1_CaptureStop__Output } from './snoopy/v1/CaptureStop.js';
import type { CaptureTarget as _snoopy_v1_CaptureTarget, CaptureTarget__Output as _snoopy_v1_CaptureTarget__Output } from './snoopy/v1/CaptureTarget.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  snoopy: {
    v1: {
      Capture: SubtypeConstructor<typeof grpc.Client, _snoopy_v1_CaptureClient> & { service: _snoopy_v1_CaptureDefinition }
      CaptureProgress: MessageTypeDefinition<_snoopy_v1_CaptureProgress, _snoopy_v1_CaptureProgress__Output>
      CaptureRequest: MessageTypeDefinition<_snoopy_v1_CaptureRequest, _snoopy_v1_CaptureRequest__Output>
      CaptureResponse: MessageTypeDefinition<_snoopy_v1_CaptureResponse, _snoopy_v1_CaptureResponse__Output>
      CaptureStart: MessageTypeDefinition<_snoopy_v1_CaptureStart, _snoopy_v1_CaptureStart__Output>
      CaptureStop: MessageTypeDefinition<_snoopy_v1_CaptureStop, _snoopy_v1_CaptureStop__Output>
      CaptureTarget: MessageTypeDefinition<_snoopy_v1_CaptureTarget, _snoopy_v1_CaptureTarget__Output>
    }
  }
}

