package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/ClusterCockpit/cc-backend/pkg/metricstore"
	log "github.com/ClusterCockpit/cc-lib/v2/ccLogger"
	"github.com/ClusterCockpit/cc-line-protocol/v2/lineprotocol"
	"github.com/golang-jwt/jwt/v4"
)

// routes mounts each handler at its path and at everything below it. An empty key means that nobody is asked for a token.
func routes(publicKey string) (http.Handler, error) {
	guard := func(next http.HandlerFunc) http.HandlerFunc { return next }
	if publicKey != "" {
		key, err := base64.StdEncoding.DecodeString(publicKey)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("main.jwt-public-key is not the base64 of %d bytes", ed25519.PublicKeySize)
		}
		guard = bearer(key)
	}
	mux := http.NewServeMux()
	for route, handler := range map[string]http.HandlerFunc{
		"POST /api/write":      write,
		"POST /api/free":       free,
		"GET /api/query":       query,
		"GET /api/debug":       dump,
		"GET /api/healthcheck": health,
	} {
		mux.Handle(route, guard(handler))
		mux.Handle(route+"/", guard(handler))
	}
	return mux, nil
}

// bearer lets a request pass whose token is signed by the key and valid now. Claims other than times are not looked at.
func bearer(key ed25519.PublicKey) func(http.HandlerFunc) http.HandlerFunc {
	var known sync.Map // token text -> parsed; a cached one is still asked for its times
	keyOf := func(token *jwt.Token) (any, error) {
		if token.Method != jwt.SigningMethodEdDSA {
			return nil, errors.New("only Ed25519/EdDSA supported")
		}
		return key, nil
	}
	return func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			text, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !found {
				http.Error(w, "Use JWT Authentication", http.StatusUnauthorized)
				return
			}
			if seen, ok := known.Load(text); ok && seen.(*jwt.Token).Claims.Valid() == nil {
				next(w, r)
				return
			}
			token, err := jwt.Parse(text, keyOf)
			if err != nil {
				http.Error(w, err.Error(), http.StatusUnauthorized)
				return
			}
			known.Store(text, token)
			next(w, r)
		}
	}
}

// fail adds its Content-Type as the original does: after a refused write the header stands there twice.
func fail(w http.ResponseWriter, status int, err error) {
	log.Warnf("answered %d: %s", status, err)
	w.Header().Add("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Status string `json:"status"`
		Error  string `json:"error"`
	}{http.StatusText(status), err.Error()})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Errorf("answer: %s", err)
	}
}

func write(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Content-Type", "application/json")
	decoder := lineprotocol.NewDecoder(r.Body)
	if err := metricstore.DecodeLine(decoder, metricstore.GetMemoryStore(), rawParameter(r, "cluster")); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// rawParameter does not undo percent signs, and the first of several wins: so does the original.
func rawParameter(r *http.Request, name string) string {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return value
		}
	}
	return ""
}

func query(w http.ResponseWriter, r *http.Request) {
	request := metricstore.APIQueryRequest{WithStats: true, WithData: true, WithPadding: true}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	response, err := metricstore.FetchData(request)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if !request.WithData { // the engine always fills it in
		for _, result := range response.Results {
			for i := range result {
				result[i].Data = nil
			}
		}
	}
	answer(w, response)
}

func health(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Cluster     string   `json:"cluster"`
		Nodes       []string `json:"nodes"`
		MetricNames []string `json:"metric-names"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	states, err := metricstore.GetMemoryStore().HealthCheck(request.Cluster, request.Nodes, request.MetricNames)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	answer(w, states)
}

func dump(w http.ResponseWriter, r *http.Request) {
	selector := []string{}
	if text := r.URL.Query().Get("selector"); text != "" {
		selector = strings.Split(text, ":")
	}
	w.Header().Add("Content-Type", "application/json")
	if err := metricstore.GetMemoryStore().DebugDump(bufio.NewWriter(w), selector); err != nil {
		fail(w, http.StatusBadRequest, err)
	}
}

func free(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("to")
	if text == "" {
		fail(w, http.StatusBadRequest, errors.New("'to' is a required query parameter"))
		return
	}
	to, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	var selectors [][]string
	if err := json.NewDecoder(r.Body).Decode(&selectors); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	freed := 0
	for _, selector := range selectors {
		n, err := metricstore.GetMemoryStore().Free(selector, to)
		if err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		freed += n
	}
	fmt.Fprintf(w, "buffers freed: %d\n", freed)
}
