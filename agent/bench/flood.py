#!/usr/bin/env python3
"""Sends UDP frames of 64 bytes as fast as the kernel takes them, or paced.

    flood.py INTERFACE MAC FLOWS

Each line on standard input is a job, `PACKETS_PER_SECOND COUNT`, 0 packets per second for unpaced; when it is done a
line with the number sent and the seconds it took is printed. Between jobs 20,000 packets a second are sent, so that an
observer stays warm. Ends with its standard input.

One sendmmsg(2) on an AF_PACKET socket without queueing discipline sends up to 256 prepared frames, so what Python costs
does not matter.
"""
import ctypes
import select
import socket
import struct
import sys
import time

SOL_PACKET = 263
PACKET_QDISC_BYPASS = 20
FRAME = 64
BATCH = 256


class Iovec(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [
        ('name', ctypes.c_void_p), ('namelen', ctypes.c_uint),
        ('iov', ctypes.c_void_p), ('iovlen', ctypes.c_size_t),
        ('control', ctypes.c_void_p), ('controllen', ctypes.c_size_t),
        ('flags', ctypes.c_int),
    ]


class Mmsghdr(ctypes.Structure):
    _fields_ = [('header', Msghdr), ('length', ctypes.c_uint)]


def checksum(header):
    total = sum(struct.unpack('!%dH' % (len(header) // 2), header))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def frame(mac, flow):
    ethernet = bytes.fromhex(mac.replace(':', '')) + bytes.fromhex('0200000000010800')
    source = bytes([10, 9, 1 + flow // 50_000, 1])
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, FRAME - 14, flow & 0xffff, 0, 64, 17, 0, source, bytes([10, 9, 0, 2]))
    ip = ip[:10] + struct.pack('!H', checksum(ip)) + ip[12:]
    udp = struct.pack('!HHHH', 1_024 + flow % 50_000, 9, FRAME - 34, 0)
    return (ethernet + ip + udp).ljust(FRAME, b'A')


def prepare(mac, flows):
    frames = ctypes.create_string_buffer(b''.join(frame(mac, flow) for flow in range(flows)), flows * FRAME)
    vectors = (Iovec * flows)()
    messages = (Mmsghdr * flows)()
    for i in range(flows):
        vectors[i].base = ctypes.addressof(frames) + i * FRAME
        vectors[i].length = FRAME
        messages[i].header.iov = ctypes.addressof(vectors) + i * ctypes.sizeof(Iovec)
        messages[i].header.iovlen = 1
    return frames, vectors, messages


class Sender:
    def __init__(self, interface, mac, flows):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.link.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        self.link.bind((interface, 0))
        self.flows = flows
        self.kept = prepare(mac, flows)
        self.base, self.size = ctypes.addressof(self.kept[2]), ctypes.sizeof(Mmsghdr)
        self.at = 0

    def send(self, rate, count):
        batch = BATCH if rate == 0 else max(1, min(64, rate // 5_000))
        sent = 0
        start = time.perf_counter()
        while sent < count:
            wanted = min(batch, self.flows - self.at, count - sent)
            first = ctypes.c_void_p(self.base + self.at * self.size)
            taken = self.libc.sendmmsg(self.link.fileno(), first, wanted, 0)
            if taken < 0:
                continue
            sent += taken
            self.at = (self.at + taken) % self.flows
            while rate and (ahead := start + sent / rate - time.perf_counter()) > 0:
                if ahead > 0.0003:
                    time.sleep(ahead - 0.0002)
        return sent, time.perf_counter() - start


def main():
    sender = Sender(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    while True:
        if not select.select([sys.stdin], [], [], 0)[0]:
            sender.send(20_000, 200)
            continue
        line = sys.stdin.readline()
        if not line:
            return
        rate, count = map(int, line.split())
        print(*sender.send(rate, count), flush=True)


main()
