/** Microseconds since 1970 as google.protobuf.Timestamp. */
export function timestamp(timeUs: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(timeUs / 1e6);
  return { seconds, nanos: Math.round(timeUs - seconds * 1e6) * 1_000 };
}
