import * as grpc from '@grpc/grpc-js';
import { createLog, ObserverClient, systemClock } from '@snoopy/proto';
import type { Test } from 'tap';
import { openAccess } from '../../src/access/open-access.js';
import { LossLedger } from '../../src/loss/loss-ledger.js';
import { FanOut } from '../../src/observe/fan-out.js';
import { FlowRing } from '../../src/observe/flow-ring.js';
import { addObserver } from '../../src/observe/observer-service.js';
import { Status } from '../../src/observe/status.js';
import { GrpcPort } from '../../src/server/grpc-port.js';
import { makeAgents } from './agents.js';

/** A real Observer service on a port of its own, its clients, and the fan-out behind it. */
export async function serveObserver(t: Test, agents = makeAgents(), kept = 65_536, access = openAccess) {
  const ledger = new LossLedger();
  const fanOut = new FanOut(new FlowRing(kept), ledger, systemClock);
  fanOut.start();
  const status = new Status({
    version: '1.2.3',
    instance: 'one',
    agents,
    ledger,
    fanOut,
    clock: systemClock,
    connections: () => 17,
  });
  const grpcPort = new GrpcPort(['snoopy.v1.Observer']);
  addObserver(grpcPort.server, fanOut, status, createLog('test', 'error'), access);
  const { port } = await grpcPort.open({ host: '127.0.0.1', port: 0 }, '--listen');
  const clients: grpc.Client[] = [];
  t.teardown(async () => {
    for (const client of clients) client.close();
    fanOut.close();
    await grpcPort.close();
  });
  const connect = (): InstanceType<typeof ObserverClient> => {
    const client = new ObserverClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    clients.push(client);
    return client;
  };
  return { fanOut, ledger, port, connect };
}
