import t from 'tap';
import { findServerName, Hello, ServerName } from '../../../src/decode/client-hello.js';

function extension(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data]);
}

function serverName(name: string): Buffer {
  const head = Buffer.from([0, 0, 0, 0, name.length]);
  head.writeUInt16BE(name.length + 3, 0);
  return extension(0, Buffer.concat([head, Buffer.from(name)]));
}

function hello(...extensions: Buffer[]): Buffer {
  const all = Buffer.concat(extensions);
  const fixed = Buffer.alloc(34);
  const session = Buffer.concat([Buffer.from([32]), Buffer.alloc(32)]);
  const rest = Buffer.from([0, 2, 0x13, 1, 1, 0, all.length >> 8, all.length & 255]);
  const body = Buffer.concat([fixed, session, rest, all]);
  const head = Buffer.from([22, 3, 1, 0, 0, 1, 0, 0, 0]);
  head.writeUInt16BE(body.length + 4, 3);
  head.writeUInt16BE(body.length, 7);
  return Buffer.concat([head, body]);
}

function find(bytes: Buffer): string | number {
  const into = new ServerName();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = findServerName(view, 0, bytes.length, into);
  return found === Hello.found ? bytes.toString('latin1', into.at, into.at + into.length) : found;
}

t.test('the name, wherever among the extensions it is', async (t) => {
  const other = extension(51, Buffer.alloc(1_200));
  t.equal(find(hello(serverName('a.test'))), 'a.test');
  t.equal(find(hello(other, serverName('b.test'), other)), 'b.test');
  t.equal(find(hello(other)), Hello.none);
  t.equal(find(hello()), Hello.none);
});

t.test('cut anywhere it asks for more or has the name, and never reads beyond', async (t) => {
  const whole = hello(extension(10, Buffer.alloc(8)), serverName('shop.example.com'));
  const wrong: number[] = [];
  for (let length = 0; length < whole.length; length++)
    if (find(Buffer.from(whole.subarray(0, length))) !== Hello.more) wrong.push(length);
  t.same(wrong, []);
});

t.test('any byte changed: no name out of what is not there', async (t) => {
  const whole = hello(serverName('x.test'));
  for (let at = 0; at < whole.length; at++)
    for (const value of [0, 1, 0x7f, 0xff]) {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      find(bytes);
    }
  t.pass('nothing was thrown');
});
