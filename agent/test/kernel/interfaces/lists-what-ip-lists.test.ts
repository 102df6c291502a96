import { closeSync, openSync } from 'node:fs';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { NetworkSyscalls } from '../../../src/kernel/network-syscalls.js';
import { parseInterfaces } from '../../../src/podtracer/interface-info.js';
import { networkMark } from '../../../src/watch/network-mark.js';

t.test(
  'interfaces listed by the kernel are those that ip lists, and a mark changes when they do',
  async (t) => {
    const net = new Net();
    t.teardown(() => net.close());
    const pod = net.bridge().join(net.namespace('pod'));
    const syscalls = new NetworkSyscalls();
    const home = openSync('/proc/thread-self/ns/net', 'r');
    const netns = openSync(pod.path, 'r');
    t.teardown(() => [home, netns].map(closeSync));
    const visit = <T>(act: () => T): T => syscalls.visit(home, netns, act);
    const marks = new Set<string | undefined>();
    const compare = (what: string): void => {
      t.strictSame(
        visit(() => syscalls.interfaces()),
        parseInterfaces(pod.run('ip', '-j', 'addr')),
        what,
      );
      marks.add(visit(() => networkMark('/proc/thread-self/net')));
    };
    compare('an Ethernet interface with both addresses');
    pod.run('ip', 'addr', 'add', '10.1.2.3/24', 'dev', 'eth0');
    compare('a second address');
    pod.run('ip', 'addr', 'add', 'fd00::1:0:0:1/64', 'dev', 'eth0', 'nodad');
    compare('an IPv6 address with two runs of zeros');
    pod.run('ip', 'tuntap', 'add', 'tun0', 'mode', 'tun');
    compare('a link without addresses of its own, down');
    pod.run('ip', 'addr', 'add', '10.9.0.1', 'peer', '10.9.0.2', 'dev', 'tun0');
    pod.run('ip', 'link', 'set', 'tun0', 'up');
    compare('one with a peer');
    pod.run('ip', 'link', 'del', 'tun0');
    compare('gone again');
    t.equal(marks.size, 5, 'all different but for the last, which is as the third');
    t.ok([...marks].every((mark) => mark !== undefined));
    t.equal(networkMark('/proc/0/net'), undefined);
  },
);
