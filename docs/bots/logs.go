// Says what it reads: tail -F /var/log/syslog | go run logs.go ROOM
package main

import ("bufio"; "fmt"; "io"; "log"; "net/http"; "os"; "strings"; "time")

func main() {
	url := os.Getenv("ROOMD_URL")
	if url == "" { url = "http://127.0.0.1:7777" }
	url += "/rooms/" + os.Args[1] + "/messages?as=logs"
	start := time.Now().UnixNano()
	for lines, n := bufio.NewScanner(os.Stdin), 0; lines.Scan(); n++ {
		for wait := true; wait && strings.TrimSpace(lines.Text()) != ""; {
			request, _ := http.NewRequest("POST", url, strings.NewReader(lines.Text()))
			request.Header.Set("Content-Type", "text/plain")
			// Sent again with the same key, a line is said once; no other run has the key.
			request.Header.Set("Idempotency-Key", fmt.Sprint(start, "-", n))
			response, err := http.DefaultClient.Do(request)
			if wait = err != nil || response.StatusCode == 429 || response.StatusCode == 503; wait { time.Sleep(time.Second); continue }
			if why, _ := io.ReadAll(response.Body); response.StatusCode >= 300 { log.Print(string(why)) }
		}
	}
}
