"""Prints the alerts of a room, also those that came while it did not run: alerts.py [ROOM [STATE]]"""
import http.client, json, os, sys, time, urllib.request

room = sys.argv[1] if len(sys.argv) > 1 else 'ops'
state = sys.argv[2] if len(sys.argv) > 2 else 'alerts.id'
url = f"{os.environ.get('ROOMD_URL', 'http://127.0.0.1:7777')}/rooms/{room}/stream?kinds=message"
last = open(state).read() if os.path.exists(state) else 'all'
while True:
    try:
        request = urllib.request.Request(f'{url}&since={last}', headers={'Accept': 'application/x-ndjson'})
        for line in filter(bytes.strip, urllib.request.urlopen(request, timeout=60)):
            event = json.loads(line)
            if event['type'] != 'message':  # An announcement, or why the stream ends.
                continue
            if event['body'].startswith('ALERT'):
                print(f"{event['from']}: {event['body']}", flush=True)
            last = event['id']
            with open(f'{state}.new', 'w') as file:
                file.write(last)
            os.replace(f'{state}.new', state)
    except (OSError, http.client.HTTPException) as error:
        print(error, file=sys.stderr)
    time.sleep(1)
