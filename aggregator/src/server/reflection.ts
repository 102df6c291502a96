import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { contractDescriptors } from '@snoopy/proto';

/**
 * Answers reflection (grpc/reflection/v1) for these services and for health. The descriptors are those that buf made:
 * proto-loader's leave out which file needs which and rename fields and map entries (grpc-node #2595), so that clients
 * such as grpcurl cannot use them.
 */
export function addReflection(server: Server, services: readonly string[]): void {
  const definition = { all: { fileDescriptorProtos: contractDescriptors() } } as unknown as PackageDefinition;
  new ReflectionService(definition, { services: [...services, 'grpc.health.v1.Health'] }).addToServer(server);
}
