package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// refusals are what a registry answers for an image that cannot be had, by the first part of the image's name:
// registry.test/private/shop:v1 asks for credentials. Any other image is not found.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
var refusals = map[string]refusal{
	"private":   {http.StatusUnauthorized, "UNAUTHORIZED", "authentication required"},
	"forbidden": {http.StatusForbidden, "DENIED", "requested access to the resource is denied"},
	"busy":      {http.StatusTooManyRequests, "TOOMANYREQUESTS", "you have reached your pull rate limit"},
	"broken":    {http.StatusInternalServerError, "UNKNOWN", "the storage of this registry does not answer"},
}

var notFound = refusal{http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown"}

type refusal struct {
	status        int
	code, message string
}

// newRegistryCommand is a registry that has no image: a real node asks it, so that each refusal reads as it does in earnest.
func newRegistryCommand() *cobra.Command {
	var address string
	command := &cobra.Command{
		Use:  "registry",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return http.ListenAndServe(address, http.HandlerFunc(refuse)) },
	}
	command.Flags().StringVar(&address, "listen", "127.0.0.1:5000", "where it answers")
	return command
}

func refuse(answer http.ResponseWriter, request *http.Request) {
	answer.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	answer.Header().Set("Content-Type", "application/json")
	if request.URL.Path == "/token" {
		// Anybody gets one; it is good for nothing, as on the public registries.
		fmt.Fprintln(answer, `{"token": "anonymous"}`)
		return
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/v2/"), "/")
	refusal, known := refusals[first]
	if !known {
		refusal = notFound
	}
	fmt.Println(refusal.status, request.Method, request.URL.Path)
	if refusal.status == http.StatusUnauthorized {
		challenge := `Bearer realm="http://` + request.Host + `/token",service="registry.test",scope="repository:x:pull"`
		if request.Header.Get("Authorization") != "" {
			challenge += `,error="insufficient_scope"`
		}
		answer.Header().Set("WWW-Authenticate", challenge)
	}
	answer.WriteHeader(refusal.status)
	// To a HEAD nothing is written.
	_ = json.NewEncoder(answer).Encode(map[string]any{"errors": []map[string]string{{"code": refusal.code, "message": refusal.message}}})
}
