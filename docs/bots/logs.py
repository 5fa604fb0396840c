"""Says what it reads: tail -F /var/log/syslog | logs.py [ROOM]"""
import os, sys, time, urllib.error, urllib.request, uuid

room = sys.argv[1] if len(sys.argv) > 1 else 'ops'
url = f"{os.environ.get('ROOMD_URL', 'http://127.0.0.1:7777')}/rooms/{room}/messages?as=logs"
for line in sys.stdin:
    if not line.strip():
        continue
    # Sent again with the same key, a line is said once.
    headers = {'Content-Type': 'text/plain', 'Idempotency-Key': str(uuid.uuid4())}
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(url, line.rstrip('\n').encode(), headers))
            break
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                sys.exit(error.read().decode())
        except OSError as error:
            print(error, file=sys.stderr)
        time.sleep(1)
