import type { Endpoint, Flow, Loss } from '@snoopy/proto';
import { type Moment, rfc3339 } from './moment.js';

/**
 * One flow as one line of JSON: the proto's JSON mapping with camelCase keys and enum names, except that 64-bit numbers
 * are numbers. Every field that is not a message is there, set or not. JSON escapes control characters.
 */
export function flowJson(flow: Flow): string {
  const { durationSeconds, protocol, source, destination, initiator, opened, outcome, outcomeFinal } = flow;
  const { closed, request, reply, handshakeSeconds } = flow;
  // What a reader looks for comes first; the decoder would put lists first.
  const ordered = {
    time: flow.time ? rfc3339(flow.time) : undefined,
    ...{ durationSeconds, protocol, source: endpoint(source), destination: endpoint(destination), initiator },
    ...{ opened, outcome, outcomeFinal, closed, request, reply, handshakeSeconds },
  };
  return escaped(JSON.stringify({ ...ordered, ...flow, ...ordered }));
}

function endpoint(end: Endpoint | null): Endpoint | undefined {
  if (!end) return undefined;
  const { ip, port, namespace, pod, ...others } = end;
  return { ip, port, namespace, pod, ...others };
}

export function lossJson(lost: Loss): string {
  return escaped(JSON.stringify({ lost }));
}

/** Any answer as one line; time stamps within become RFC 3339, absent messages go away. */
export function answerJson(answer: object): string {
  const text = JSON.stringify(answer, (_, value: unknown) => {
    if (value === null) return undefined;
    return isMoment(value) ? rfc3339(value) : value;
  });
  return escaped(text);
}

// What JSON.stringify leaves as it is and a terminal might obey: DEL, C1, line separators, reordering characters.
const unsafe = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function escaped(json: string): string {
  return json.replace(unsafe, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function isMoment(value: unknown): value is Moment {
  const { seconds, nanos } = (value ?? {}) as Partial<Moment>;
  return typeof seconds === 'number' && typeof nanos === 'number';
}
