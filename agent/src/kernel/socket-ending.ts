import { Closed, Outcome } from '@snoopy/proto';
import { SocketError, SocketFlag, TcpState } from './socket-row.js';

/**
 * The outcome of an attempt that never opened, from the error that its socket got (DESIGN, section 2). The kernel makes
 * ECONNREFUSED of an ICMP "port unreachable" too; then no segment came.
 */
export function outcomeOfFailure(error: number, segmentsIn: number): number {
  if (error === SocketError.connectionRefused && segmentsIn === 0) return Outcome.unreachable;
  if (error === SocketError.connectionRefused || error === SocketError.connectionReset)
    return Outcome.refused;
  // 0: the program gave up before an answer came.
  if (error === 0 || error === SocketError.timedOut) return Outcome.timeout;
  return Outcome.unreachable;
}

/**
 * How an established connection ended: from the state it was in, the error that its socket got, and whether anything
 * was owed then.
 */
export function howClosed(oldState: number, error: number, flags: number): number {
  if (error === 0 && endedByFin(oldState)) return Closed.fin;
  const owed = (flags & (SocketFlag.unacked | SocketFlag.unread | SocketFlag.unanswered)) !== 0;
  return owed || error === SocketError.timedOut ? Closed.aborted : Closed.reset;
}

/**
 * Who reset a connection: 1 the pod, 2 the peer, 0 nobody, or nobody knows (numbers of FlowExtra.resetBy). A RST that
 * came leaves its error in the socket; where there is none, or the program's own, the pod's TCP has sent one.
 */
export function resetBy(closed: number, error: number): number {
  if (closed !== Closed.reset && closed !== Closed.aborted) return 0;
  if (error === SocketError.connectionReset || error === SocketError.brokenPipe) return 2;
  return error === 0 || error === SocketError.connectionAborted ? 1 : 0;
}

/** States that only a FIN leads to, and out of which CLOSE is the ordinary way. */
function endedByFin(state: number): boolean {
  return (
    state === TcpState.finWait2 ||
    state === TcpState.timeWait ||
    state === TcpState.lastAck ||
    state === TcpState.closing
  );
}
