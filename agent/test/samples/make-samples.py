#!/usr/bin/env python3
"""Makes the .pcap samples of this folder anew: real traffic between two network namespaces, captured by tcpdump.

Needs root, python3, iproute2, tcpdump, busybox, iptables and a kernel with veth, tun and IPv6. What the kernel may lack
(SCTP, VLAN interfaces, IPsec) is sent through raw sockets.

    sudo agent/test/samples/make-samples.py [NAME …]
"""
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from traffic import V4, V6

HERE = os.path.dirname(os.path.abspath(__file__))
TRAFFIC = os.path.join(HERE, 'traffic.py')
A, B = f'smp{os.getpid()}a', f'smp{os.getpid()}b'


def inside(namespace, action, *args):
    return subprocess.Popen(['nsenter', f'--net=/run/netns/{namespace}', '--', sys.executable, '-B', TRAFFIC,
                             action, *args], stdout=subprocess.PIPE, text=True)


def run(namespace, action, *args):
    child = inside(namespace, action, *args)
    child.wait(20)


def serve(action, *args):
    child = inside(B, action, *args)
    child.stdout.readline()
    return child


class Capture:
    """tcpdump around a block; the sample is kept only if the block ends well."""

    def __init__(self, name, namespace=B, interface='eth0', expression='', options=()):
        self.path = os.path.join(HERE, name + '.pcap')
        self.command = ['nsenter', f'--net=/run/netns/{namespace}', '--', 'tcpdump', '-Z', 'root', '-i', interface, '-U',
                        '-w', self.path, *options, '--', expression]

    def __enter__(self):
        self.child = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        self.child.stderr.readline()
        time.sleep(0.5)

    def __exit__(self, *_):
        time.sleep(1.2)
        self.child.terminate()
        self.child.wait()
        print(f'{os.path.getsize(self.path):7} {os.path.basename(self.path)}')


NO_NOISE = 'not (icmp6 and (ip6[40] == 133 or ip6[40] == 143)) and not arp'


def sample_tcp():
    with Capture('tcp', expression='tcp'):
        for address in (V4['b'], V6['b']):
            server = serve('tcp_serve', address)
            run(A, 'tcp_ask', address)
            server.wait(5)
            run(A, 'tcp_refused', address)


def sample_udp():
    with Capture('udp', expression='udp', options=['--nano']):
        run(A, 'udp_both')


def sample_icmp():
    for tool, answer in (('iptables', 'icmp-host-prohibited'), ('ip6tables', 'icmp6-adm-prohibited')):
        for port, protocol in (('81', 'tcp'), ('82', 'udp')):
            subprocess.run(['nsenter', f'--net=/run/netns/{B}', '--', tool, '-A', 'INPUT', '-p', protocol, '--dport', port,
                            '-j', 'REJECT', '--reject-with', answer], check=True)
    with Capture('icmp'):
        for address in (V4['b'], V6['b']):
            run(A, 'pings', address)
            run(A, 'icmp_errors', address)


def sample_fragments():
    with Capture('fragments', expression='ip or ip6', options=['-s', '128']):
        for address in (V4['b'], V6['b']):
            run(A, 'pings', address, '3000')
            run(A, 'udp_large', address)


def sample_options():
    with Capture('ip-options', expression='ip'):
        run(A, 'ip_options')


def sample_extensions():
    with Capture('ipv6-extensions', expression='ip6 or proto 50 or proto 51', options=['-s', '200']):
        run(A, 'ipv6_extensions')


def sample_sctp():
    with Capture('sctp', expression='proto 132 or ip6 proto 132'):
        run(A, 'sctp')


def sample_vlan():
    with Capture('vlan', namespace=A, expression=''):
        run(A, 'vlans')


def sample_padded():
    with Capture('padded', expression=NO_NOISE):
        run(A, 'padded')


def sample_cooked():
    for name, link in (('cooked', 'LINUX_SLL'), ('cooked2', 'LINUX_SLL2')):
        with Capture(name, interface='any', options=['-y', link, '-s', '160']):
            server = serve('tcp_serve', V4['b'])
            run(A, 'tcp_ask', V4['b'])
            server.wait(5)
            run(A, 'pings', V6['b'])
            run(B, 'pings', '127.0.0.1')


def sample_tun():
    child = inside(A, 'tun_talk')
    child.stdout.readline()
    with Capture('raw', namespace=A, interface='tun0'):
        child.wait(10)


def sample_dns():
    for name, server, client, expression in (('dns-udp', 'dns_serve_udp', 'dns_ask_udp', 'udp port 53'),
                                             ('dns-tcp', 'dns_serve_tcp', 'dns_ask_tcp', 'tcp port 53')):
        with Capture(name, expression=expression):
            child = serve(server)
            run(A, client)
            child.wait(5)


def sample_large():
    """Segments of 64 KB and more, as veth carries them; IPv6 above 64 KB where the kernel allows it (BIG TCP)."""
    for namespace in (A, B):
        subprocess.run(['ip', '-n', namespace, 'link', 'set', 'eth0', 'gso_max_size', '180000', 'gro_max_size', '180000'])
        subprocess.run(['ip', '-n', namespace, 'link', 'set', 'eth0', 'gso_ipv4_max_size', '180000', 'gro_ipv4_max_size', '180000'],
                       stderr=subprocess.DEVNULL)  # iproute2 ≥ 6.3
        for name in ('tcp_wmem', 'tcp_rmem'):
            subprocess.run(['nsenter', f'--net=/run/netns/{namespace}', '--', 'sysctl', '-qw', f'net.ipv4.{name}=4096 4000000 8000000'])
    with Capture('large', expression='greater 60000', options=['-s', '96']):
        for address in (V4['b'], V6['b']):
            server = serve('tcp_serve_large', address)
            run(A, 'tcp_ask', address)
            server.wait(10)


SAMPLES = {name[7:]: function for name, function in list(globals().items()) if name.startswith('sample_')}


def ip(*args):
    subprocess.run(['ip', *args], check=True)


def main(names):
    try:
        for namespace in (A, B):
            ip('netns', 'add', namespace)
            ip('-n', namespace, 'link', 'set', 'lo', 'up')
        ip('link', 'add', 'eth0', 'netns', A, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', B)
        for side, namespace, mac in (('a', A, '02:00:00:00:00:08'), ('b', B, '02:00:00:00:00:09')):
            ip('-n', namespace, 'link', 'set', 'eth0', 'address', mac, 'up')
            ip('-n', namespace, 'addr', 'add', V4[side] + '/24', 'dev', 'eth0')
            ip('-n', namespace, 'addr', 'add', V6[side] + '/64', 'dev', 'eth0', 'nodad')
        time.sleep(2)  # multicast listener reports
        for name in names or SAMPLES:
            SAMPLES[name]()
    finally:
        for namespace in (A, B):
            subprocess.run(['ip', 'netns', 'del', namespace])


if __name__ == '__main__':
    main(sys.argv[1:])
