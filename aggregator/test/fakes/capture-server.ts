import { Server, ServerCredentials } from '@grpc/grpc-js';
import { CaptureClient, createLog, systemClock } from '@snoopy/proto';
import { openAccess } from '../../src/access/open-access.js';
import { CaptureService } from '../../src/capture/capture-service.js';
import { FakeAgents } from './fake-agents.js';

/** The real capture service on a real port, over fake agents. */
export class CaptureServer {
  readonly agents = new FakeAgents();
  readonly service = new CaptureService(
    this.agents,
    systemClock,
    createLog('test', 'silent'),
    '0.0.0',
    'test',
    openAccess,
  );
  readonly #server = new Server();
  address = '';

  static async start(): Promise<CaptureServer> {
    const made = new CaptureServer();
    made.#server.addService(CaptureClient.service, made.service.handlers());
    const port = await new Promise<number>((resolve, reject) => {
      made.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    made.address = `127.0.0.1:${port}`;
    return made;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}
