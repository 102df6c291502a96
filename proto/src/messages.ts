import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import type { ProtoGrpcType as AgentTypes } from './gen/agent.js';
import type { ProtoGrpcType as CaptureTypes } from './gen/capture.js';
import type { ProtoGrpcType as LegacyTypes } from './gen/data_endpoint.js';
import type { ProtoGrpcType as JobTypes } from './gen/job.js';
import type { ProtoGrpcType as ObserverTypes } from './gen/observer.js';

/** The folder that holds the .proto files. */
const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Every service and message of the contract, for servers, clients and reflection. Numbers are JavaScript numbers
 * (exact to 2^53), enums are their names, absent values are their defaults.
 */
export const packageDefinition: PackageDefinition = loadSync(
  [
    'snoopy/v1/agent.proto',
    'snoopy/v1/observer.proto',
    'snoopy/v1/capture.proto',
    'snoopy/v1/job.proto',
    'fennec/data_endpoint.proto',
  ],
  { includeDirs: [root], longs: Number, enums: String, defaults: true, oneofs: true },
);

const loaded = grpc.loadPackageDefinition(packageDefinition) as unknown as AgentTypes &
  ObserverTypes &
  CaptureTypes &
  JobTypes &
  LegacyTypes;

/** Client constructors; `X.service` is the definition that a server adds. */
export const AgentLinkClient = loaded.snoopy.v1.AgentLink;
export const ObserverClient = loaded.snoopy.v1.Observer;
export const CaptureClient = loaded.snoopy.v1.Capture;
export const JobsClient = loaded.snoopy.v1.Jobs;
/** The original operator's call (fennec/data_endpoint.proto). */
export const DataEndpointClient = loaded.protobuf.DataEndpoint;
