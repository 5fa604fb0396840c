"""Answers "ping": ping.py [ROOM]"""
import json, os, socket, sys

host, _, port = os.environ.get('ROOMD_SERVER', '127.0.0.1:9090').partition(':')
room = sys.argv[1] if len(sys.argv) > 1 else 'ops'
with socket.create_connection((host, int(port or 9090))) as roomd:
    say = lambda line: roomd.sendall(f'{line}\n'.encode())
    say('LOGIN ping')
    say(f'JOIN {room}')
    for line in roomd.makefile(encoding='utf-8'):
        event = json.loads(line)
        if event['type'] == 'error':
            sys.exit(event['error'])
        if event['type'] == 'message' and event['body'] == 'ping':
            say(f"MESSAGE {event['from']}: pong")
