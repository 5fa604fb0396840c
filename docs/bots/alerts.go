// Prints the alerts of a room, also those that came while it did not run: go run alerts.go ROOM STATE
package main

import ("bufio"; "encoding/json"; "fmt"; "net/http"; "os"; "strings"; "time")

func main() {
	url, last := os.Getenv("ROOMD_URL"), "all"
	if url == "" { url = "http://127.0.0.1:7777" }
	if id, err := os.ReadFile(os.Args[2]); err == nil { last = string(id) }
	for ; ; time.Sleep(time.Second) {
		request, _ := http.NewRequest("GET", url+"/rooms/"+os.Args[1]+"/stream?kinds=message&since="+last, nil)
		request.Header.Set("Accept", "application/x-ndjson")
		response, err := http.DefaultClient.Do(request)
		if err != nil || response.StatusCode != 200 { continue }
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			var event struct{ Type, ID, From, Body string }
			// Others are announcements, or tell why the stream ends.
			if json.Unmarshal(lines.Bytes(), &event) != nil || event.Type != "message" { continue }
			if strings.HasPrefix(event.Body, "ALERT") { fmt.Println(event.From + ": " + event.Body) }
			last = event.ID
			os.WriteFile(os.Args[2], []byte(last), 0o644)
		}
	}
}
