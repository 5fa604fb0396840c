// Answers "ping": go run ping.go ROOM
package main

import ("bufio"; "encoding/json"; "fmt"; "log"; "net"; "os")

func main() {
	server := os.Getenv("ROOMD_SERVER")
	if server == "" { server = "127.0.0.1:9090" }
	roomd, err := net.Dial("tcp", server)
	if err != nil { log.Fatal(err) }
	fmt.Fprintf(roomd, "LOGIN ping\nJOIN %s\n", os.Args[1])
	for lines := bufio.NewScanner(roomd); lines.Scan(); {
		var event struct{ Type, From, Body, Error string }
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil { log.Fatal(err) }
		if event.Type == "error" { log.Fatal(event.Error) }
		if event.Type == "message" && event.Body == "ping" { fmt.Fprintf(roomd, "MESSAGE %s: pong\n", event.From) }
	}
}
