import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { DataEndpointClient as _protobuf_DataEndpointClient, DataEndpointDefinition as _protobuf_DataEndpointDefinition } from './protobuf/DataEndpoint.js';
import type { PodData as _protobuf_PodData, PodData__Output as _protobuf_PodData__Output } from './protobuf/PodData.js';
import type { Response as _protobuf_Response, Response__Output as _protobuf_Response__Output } from './protobuf/Response.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  protobuf: {
    DataEndpoint: SubtypeConstructor<typeof grpc.Client, _protobuf_DataEndpointClient> & { service: _protobuf_DataEndpointDefinition }
    PodData: MessageTypeDefinition<_protobuf_PodData, _protobuf_PodData__Output>
    Response: MessageTypeDefinition<_protobuf_Response, _protobuf_Response__Output>
  }
}

