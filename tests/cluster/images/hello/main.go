// Command hello is the smallest service that a preview can have, and one that fails in every way that services do.
// Variables of its environment say how it fares; without any it serves at once, for good.
//
//	PORT         where it listens (8080)
//	START_AFTER  a duration: it listens only then
//	READY_AFTER  a duration: /ready refuses until then; `never` for good
//	EXIT_AFTER   a duration: it ends then, with EXIT_CODE (0); `0s` makes it a job, or an init container
//	PRINT        lines that it prints at first
//
// GET / answers `hello VERSION`, GET /ready whether it is ready, GET /env/NAME a variable.
// `hello get URL`, `hello lookup NAME` and `hello dial HOST:PORT` ask others, since its image has no shell.
// Called `pause` it waits for good: what holds a pod's network.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

func main() {
	switch {
	case filepath.Base(os.Args[0]) == "pause":
		ending := make(chan os.Signal, 1)
		signal.Notify(ending, syscall.SIGINT, syscall.SIGTERM)
		<-ending
	case len(os.Args) == 3:
		check(ask(os.Args[1], os.Args[2]))
	case len(os.Args) == 1:
		check(serve())
	default:
		check(fmt.Errorf("usage: hello [get URL | lookup NAME | dial HOST:PORT]"))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
}

func serve() error {
	begun := time.Now()
	startAfter, err := duration("START_AFTER")
	if err != nil {
		return err
	}
	never := os.Getenv("READY_AFTER") == "never"
	var readyAfter time.Duration
	if !never {
		if readyAfter, err = duration("READY_AFTER"); err != nil {
			return err
		}
	}
	lines, err := number("PRINT")
	if err != nil {
		return err
	}
	for line := 1; line <= lines; line++ {
		fmt.Println("line", line)
	}

	if _, exits := os.LookupEnv("EXIT_AFTER"); exits {
		after, err := duration("EXIT_AFTER")
		if err != nil {
			return err
		}
		code, err := number("EXIT_CODE")
		if err != nil {
			return err
		}
		end := func() {
			fmt.Println("ending with", code)
			os.Exit(code)
		}
		if after == 0 {
			end()
		}
		time.AfterFunc(after, end)
	}

	ending := make(chan os.Signal, 1)
	signal.Notify(ending, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-ending
		os.Exit(0)
	}()
	time.Sleep(startAfter)

	http.HandleFunc("GET /{$}", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(answer, "hello", os.Getenv("VERSION"))
	})
	http.HandleFunc("GET /ready", func(answer http.ResponseWriter, _ *http.Request) {
		if never || time.Since(begun) < readyAfter {
			http.Error(answer, "not ready: the tables are not there yet", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(answer, "ready")
	})
	http.HandleFunc("GET /env/{name}", func(answer http.ResponseWriter, request *http.Request) {
		value, ok := os.LookupEnv(request.PathValue("name"))
		if !ok {
			http.NotFound(answer, request)
			return
		}
		fmt.Fprintln(answer, value)
	})
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	fmt.Println("hello", os.Getenv("VERSION"), "listens on", port)
	return http.ListenAndServe(":"+port, nil)
}

// ask never waits for good: what it asks may be a Service that nobody serves.
func ask(how, whom string) error {
	const patience = 5 * time.Second
	switch how {
	case "get":
		client := http.Client{Timeout: patience}
		answer, err := client.Get(whom)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if _, err := io.Copy(os.Stdout, answer.Body); err != nil {
			return err
		}
		if answer.StatusCode >= 400 {
			return fmt.Errorf("%s", answer.Status)
		}
		return nil
	case "lookup":
		addresses, err := net.LookupHost(whom)
		for _, address := range addresses {
			fmt.Println(address)
		}
		return err
	case "dial":
		connection, err := net.DialTimeout("tcp", whom, patience)
		if err != nil {
			return err
		}
		return connection.Close()
	}
	return fmt.Errorf("hello cannot `%s`; it can get, lookup and dial", how)
}

// duration is 0 where the variable is not set.
func duration(variable string) (time.Duration, error) {
	value := os.Getenv(variable)
	if value == "" {
		return 0, nil
	}
	parsed, err := time.ParseDuration(value)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", variable, err)
	}
	return parsed, nil
}

func number(variable string) (int, error) {
	value := os.Getenv(variable)
	if value == "" {
		return 0, nil
	}
	parsed, err := strconv.Atoi(value)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", variable, err)
	}
	return parsed, nil
}
