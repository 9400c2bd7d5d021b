"""A program beside the shop: answers every line on its port with the number in stock."""

import argparse
import socketserver


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(b"%d\n" % len(line.strip()))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8102)
    Server(("127.0.0.1", parser.parse_args().port), Answer).serve_forever()
