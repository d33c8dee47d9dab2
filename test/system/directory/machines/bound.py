"""A gateway that takes log-ons only where they are bound to a certificate, which mod_auth_gssapi does not check.

Arguments: port, its certificate and key, the certificate that log-ons must be bound to.
"""

import base64
import hashlib
import ssl
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import gssapi

PORT, CERTIFICATE, KEY, BOUND_TO = sys.argv[1:]
CHANNEL_BOUND = 2048
der = ssl.PEM_cert_to_DER_cert(open(BOUND_TO).read())
bindings = gssapi.raw.ChannelBindings(
    application_data=b"tls-server-end-point:" + hashlib.sha256(der).digest()
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        token = base64.b64decode(self.headers.get("authorization", "").removeprefix("Negotiate "))
        try:
            context = gssapi.SecurityContext(usage="accept", channel_bindings=bindings)
            proof = context.step(token)
            if not int(context.actual_flags) & CHANNEL_BOUND:
                raise ValueError("not bound")
        except Exception as error:
            print(repr(error), flush=True)
            self.answer(401, "Negotiate", '{"result":0,"msg":"No"}')
        else:
            challenge = "Negotiate " + base64.b64encode(proof).decode()
            self.answer(200, challenge, '{"result":1,"msg":"bound"}')

    def answer(self, status, challenge, body):
        self.send_response(status)
        self.send_header("www-authenticate", challenge)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


server = HTTPServer(("", int(PORT)), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
