"""The traffic of the samples: what make-samples.py runs inside its two namespaces. `traffic.py ACTION [ARGUMENT …]`"""
import os
import socket
import struct
import subprocess
import sys
import time

V4 = {'a': '10.9.0.1', 'b': '10.9.0.2'}
V6 = {'a': 'fd09::1', 'b': 'fd09::2'}


def tcp_serve(address, port, reply, count=1):
    server = socket.create_server((address, port), family=family(address))
    print('ready', flush=True)
    for _ in range(count):
        peer, _ = server.accept()
        peer.recv(65536)
        peer.sendall(reply)
        peer.shutdown(socket.SHUT_WR)
        peer.recv(1)
        peer.close()


def tcp_ask(address, port, request):
    with socket.create_connection((address, port), timeout=3) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        while client.recv(1 << 20):
            pass


def family(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def udp_send(address, port, data, options=()):
    with socket.socket(family(address), socket.SOCK_DGRAM) as client:
        for level, name, value in options:
            client.setsockopt(level, name, value)
        client.sendto(data, (address, port))
        time.sleep(0.05)


def raw_send(address, protocol, data):
    """The kernel makes the IP header."""
    with socket.socket(family(address), socket.SOCK_RAW, protocol) as client:
        client.sendto(data, (address, 0))


def frame_send(frame):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind(('eth0', 0))
        link.send(frame)


def ipv4_packet(protocol, payload, first=0x45, fragment=0):
    head = struct.pack('>BBHHHBBH4s4s', first, 0, 20 + len(payload), 0x1234, fragment, 64, protocol, 0,
                       socket.inet_aton(V4['a']), socket.inet_aton(V4['b']))
    total = sum(struct.unpack('>10H', head))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack('>H', 0xffff ^ total) + head[12:] + payload


def ipv6_packet(next_header, payload):
    return struct.pack('>IHBB', 6 << 28, len(payload), next_header, 64) + \
        socket.inet_pton(socket.AF_INET6, V6['a']) + socket.inet_pton(socket.AF_INET6, V6['b']) + payload


def udp_packet(data, source=4000, destination=5000):
    return struct.pack('>HHHH', source, destination, 8 + len(data), 0) + data


def sctp_packet(chunk):
    return struct.pack('>HHII', 36412, 38412, 0x11223344, 0) + chunk


SCTP_INIT = struct.pack('>BBHIIHHI', 1, 0, 20, 0xcafe, 65535, 10, 10, 0x1000)
SCTP_DATA = struct.pack('>BBHIHHI', 0, 3, 16 + 8, 0x1000, 0, 0, 0) + b'snoopy-8'
MACS = bytes.fromhex('020000000009') + bytes.fromhex('020000000008')


def name_bytes(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.') if label) + b'\0'


def dns_query(ident, name, qtype, edns=True):
    opt = b'\0' + struct.pack('>HHIH', 41, 1232, 0, 0) if edns else b''
    return struct.pack('>HHHHHH', ident, 0x0100, 1, 0, 0, 1 if edns else 0) + name_bytes(name) + \
        struct.pack('>HH', qtype, 1) + opt


def dns_answer(query):
    """NXDOMAIN below .invalid, BADVERS for badvers.*, else one A record whose name is a pointer to the question."""
    end = query.index(b'\0', 12) + 5
    question = query[12:end]
    bad_version = question[1:8] == b'badvers'
    code = 3 if b'invalid' in question else 0
    answers = 0 if code or bad_version else 1
    record = b'\xc0\x0c' + struct.pack('>HHIH4s', 1, 1, 60, 4, bytes([10, 9, 0, 7])) if answers else b''
    opt = b'\0' + struct.pack('>HHBBHH', 41, 1232, 1 if bad_version else 0, 0, 0, 0)
    return query[:2] + struct.pack('>HHHHH', 0x8180 | code, 1, answers, 0, 1) + question + record + opt


DNS_NAMES = [('Web.Shop.example', 1), ('web.shop.example', 28), ('nothing.invalid', 1), ('badvers.example', 16),
             ('_http._tcp.shop.example', 33), ('.', 2), ('a' * 63 + '.' + 'b' * 63 + '.example', 1)]


def dns_serve_udp():
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind(('::', 53))
    print('ready', flush=True)
    for _ in range(len(DNS_NAMES) + 2):
        query, peer = server.recvfrom(4096)
        server.sendto(dns_answer(query), peer)


def dns_serve_tcp():
    server = socket.create_server(('::', 53), family=socket.AF_INET6, dualstack_ipv6=True)
    print('ready', flush=True)
    for _ in range(2):
        peer, _ = server.accept()
        stream = peer.makefile('rb')
        while prefix := stream.read(2):
            answer = dns_answer(stream.read(struct.unpack('>H', prefix)[0]))
            peer.sendall(struct.pack('>H', len(answer)) + answer)
        peer.close()


def dns_ask_udp():
    for ident, (name, qtype) in enumerate(DNS_NAMES):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(2)
            client.sendto(dns_query(0x4000 + ident, name, qtype), (V4['b'], 53))
            client.recv(4096)
    for edns in (True, False):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
            client.settimeout(2)
            client.sendto(dns_query(0x5000, 'six.example', 28, edns), (V6['b'], 53))
            client.recv(4096)


def dns_ask_tcp():
    for address in (V4['b'], V6['b']):
        with socket.create_connection((address, 53), timeout=2) as client:
            for name, qtype in DNS_NAMES[:3]:
                query = dns_query(0x6000, name, qtype)
                client.sendall(struct.pack('>H', len(query)) + query)
                client.recv(4096)


def tun_talk():
    """Holds a tun device open, so that it has a carrier, and answers nothing."""
    import fcntl
    tun = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH', b'tun0', 0x1001))  # TUNSETIFF: IFF_TUN | IFF_NO_PI
    for args in (['addr', 'add', '10.10.0.1/24', 'dev', 'tun0'], ['link', 'set', 'tun0', 'up'],
                 ['addr', 'add', 'fd10::1/64', 'dev', 'tun0', 'nodad']):
        subprocess.run(['ip', *args], check=True)
    print('ready', flush=True)
    time.sleep(2.5)
    udp_send('10.10.0.2', 5000, b'over tun')
    udp_send('fd10::2', 5000, b'over tun, six')
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(0.2)
        try:
            client.connect(('10.10.0.2', 80))
        except OSError:
            pass
    time.sleep(1.5)  # the capture dies with the device


def icmp_errors(address):
    """Nobody at port 7; ports 81 and 82 are behind a firewall that says so."""
    udp_send(address, 7, b'nobody there')
    udp_send(address, 82, b'forbidden')
    with socket.socket(family(address)) as client:
        client.settimeout(0.2)
        try:
            client.connect((address, 81))
        except OSError:
            pass


def ip_options():
    record_route = bytes([7, 11, 4]) + bytes(8) + b'\0'
    timestamp = bytes([68, 12, 5, 0]) + bytes(8)
    for options in (record_route, timestamp, record_route + timestamp):
        udp_send(V4['b'], 5000, b'options', [(socket.IPPROTO_IP, socket.IP_OPTIONS, options)])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, record_route)
        client.connect_ex((V4['b'], 1))


def ipv6_extensions():
    pad = bytes([0, 0, 1, 4, 0, 0, 0, 0])
    long_pad = bytes([0, 1, 1, 12]) + bytes(12)
    hop, dst = (socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, pad), (socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, long_pad)
    udp_send(V6['b'], 5000, b'hop', [hop])
    udp_send(V6['b'], 5000, b'dst', [dst])
    udp_send(V6['b'], 5000, b'both', [hop, dst])
    udp_send(V6['b'], 5000, b'x' * 2500, [hop, dst])
    udp = udp_packet(b'behind')
    ah = struct.pack('>BBHII', 17, 4, 0, 77, 1) + bytes(12)
    routing = bytes([17, 2, 0, 0, 0, 0, 0, 0]) + bytes(16)
    atomic = bytes([17, 0, 0, 0, 0, 0, 0, 9])
    for next_header, payload in ((51, ah + udp), (43, routing + udp), (44, atomic + udp), (50, bytes(32)), (59, b''),
                                 (0, bytes([44, 0, 1, 4, 0, 0, 0, 0]) + atomic + udp)):
        frame_send(MACS + b'\x86\xdd' + ipv6_packet(next_header, payload))
    frame_send(MACS + b'\x08\x00' + ipv4_packet(51, ah + udp))
    frame_send(MACS + b'\x08\x00' + ipv4_packet(50, bytes(32)))


def sctp():
    for address in (V4['b'], V6['b']):
        raw_send(address, 132, sctp_packet(SCTP_INIT))
        raw_send(address, 132, sctp_packet(SCTP_DATA))


def vlans():
    four, six = ipv4_packet(17, udp_packet(b'tagged')), ipv6_packet(17, udp_packet(b'tagged six'))
    tag = bytes.fromhex
    for tags in ('81000064', '88a800c881000064', '910000c881000064', '810000c881000064', '88a800c888a8012c81000064',
                 '8100e001'):
        frame_send(MACS + tag(tags) + b'\x08\x00' + four)
        frame_send(MACS + tag(tags) + b'\x86\xdd' + six)
    frame_send((MACS + tag('81000064') + b'\x08\x06' + bytes(28)))


def padded():
    """Frames shorter than 60 bytes are padded by the sender here, as cards do."""
    frame_send((MACS + b'\x08\x00' + ipv4_packet(17, udp_packet(b'x'))).ljust(60, b'\xee'))
    frame_send((MACS + b'\x86\xdd' + ipv6_packet(59, b'')).ljust(60, b'\xee'))
    syn = struct.pack('>HHIIBBHHH', 4000, 80, 0x80000001, 0, 0x50, 2, 1000, 0, 0)
    frame_send((MACS + b'\x08\x00' + ipv4_packet(6, syn)).ljust(60, b'\xee'))


def pings(address, size='56'):
    subprocess.run(['busybox', 'ping', '-c', '2', '-i', '0.1', '-s', size, address], stdout=subprocess.DEVNULL, check=True)


ACTIONS = {
    'tcp_serve': lambda address: tcp_serve(address, 8080, b'reply ' * 400),
    'tcp_serve_large': lambda address: tcp_serve(address, 8080, b'reply ' * 500_000),
    'tcp_ask': lambda address: tcp_ask(address, 8080, b'request'),
    'tcp_refused': lambda address: socket.socket(family(address)).connect_ex((address, 9)),
    'udp_both': lambda: [udp_send(address, 5000, b'x' * size) for address in (V4['b'], V6['b']) for size in (0, 1, 500)],
    'udp_large': lambda address: udp_send(address, 5000, b'y' * 4000),
    'pings': pings,
    'icmp_errors': icmp_errors,
    'ip_options': ip_options,
    'ipv6_extensions': ipv6_extensions,
    'sctp': sctp,
    'vlans': vlans,
    'padded': padded,
    'tun_talk': tun_talk,
    'dns_serve_udp': dns_serve_udp,
    'dns_serve_tcp': dns_serve_tcp,
    'dns_ask_udp': dns_ask_udp,
    'dns_ask_tcp': dns_ask_tcp,
}

if __name__ == '__main__':
    ACTIONS[sys.argv[1]](*sys.argv[2:])
