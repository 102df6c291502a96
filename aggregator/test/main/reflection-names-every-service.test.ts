import * as grpc from '@grpc/grpc-js';
import t from 'tap';
import { anyPorts, Program } from '../fakes/program.js';

const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
/** Field 7 of the request, list_services. */
const listServices = (text: string): Buffer => Buffer.from([0x3a, text.length, ...Buffer.from(text)]);

t.test('a client without .proto files finds the services', async (t) => {
  const program = new Program(t, anyPorts);
  const { clients } = await program.listening();
  const client = new grpc.Client(clients, grpc.credentials.createInsecure());
  const call = client.makeBidiStreamRequest(path, listServices, (data: Buffer) => data);
  call.write('*');
  const answer = await new Promise<Buffer>((resolve, reject) =>
    call.once('data', resolve).once('error', reject),
  );
  for (const service of ['snoopy.v1.Observer', 'snoopy.v1.Capture', 'protobuf.DataEndpoint'])
    t.ok(answer.includes(service), service);
  call.cancel();
  call.on('error', () => undefined);
  client.close();
});
