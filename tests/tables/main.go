// Prints src/schema/types.txt: Go's view (order of fields, omitempty, pointers, protobuf numbers) and OpenAPI's view (list types,
// keys, atomic) of the kinds that Kubernetes serves. A line is a type, `!` an atomic one; a field is
//
//	name, * pointer, ? omitempty, 0 omitzero, # protobuf number, : type, ^ strategic merge
//
// and a type is s text, i integer, n float, b boolean, x bytes, q quantity, t time, u time with microseconds, o integer or text,
// a anything, @T struct, !@T atomic struct, mT map, MT atomic map, lT atomic list, eT set, k[keys]T list by keys.
//
// In a module that requires k8s.io/kubernetes at the version wanted (the one of the test cluster will do):
//
//	go run main.go "$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)/api/openapi-spec/swagger.json"
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

type prop map[string]any

var defs map[string]prop
var types = map[string]reflect.Type{}
var lines = map[string]string{}

func full(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	host := strings.Split(parts[0], ".")
	for i, j := 0, len(host)-1; i < j; i, j = i+1, j-1 {
		host[i], host[j] = host[j], host[i]
	}
	return strings.Join(host, ".") + "." + strings.Join(parts[1:], ".") + "." + t.Name()
}
func short(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	if len(parts) < 2 {
		return t.String()
	}
	return parts[len(parts)-2] + "." + parts[len(parts)-1] + "." + t.Name()
}
func str(p prop, k string) string { s, _ := p[k].(string); return s }

func expr(t reflect.Type, p prop) string {
	if t.Kind() == reflect.Pointer {
		return expr(t.Elem(), p)
	}
	switch short(t) {
	case "meta.v1.Time":
		return "t"
	case "meta.v1.MicroTime":
		return "u"
	case "meta.v1.Duration":
		return "s"
	case "util.intstr.IntOrString", "pkg.intstr.IntOrString":
		return "o"
	case "api.resource.Quantity", "pkg.api.Quantity":
		return "q"
	case "pkg.runtime.RawExtension", "meta.v1.FieldsV1", "apiextensions.v1.JSON":
		return "a"
	case "apiextensions.v1.JSONSchemaPropsOrArray", "apiextensions.v1.JSONSchemaPropsOrBool", "apiextensions.v1.JSONSchemaPropsOrStringArray":
		return "a"
	}
	if strings.HasSuffix(full(t), "resource.Quantity") {
		return "q"
	}
	if strings.HasSuffix(full(t), "intstr.IntOrString") {
		return "o"
	}
	if strings.HasSuffix(full(t), "runtime.RawExtension") || full(t) == "io.k8s.apimachinery.pkg.runtime.Object" {
		return "a"
	}
	switch t.Kind() {
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Int8, reflect.Int16, reflect.Uint8:
		return "i"
	case reflect.Float64, reflect.Float32:
		return "n"
	case reflect.Interface:
		return "a"
	case reflect.Struct:
		visit(t)
		prefix := ""
		if str(p, "x-kubernetes-map-type") == "atomic" {
			prefix = "!"
		}
		return prefix + "@" + short(t)
	case reflect.Map:
		items, _ := p["additionalProperties"].(map[string]any)
		if str(p, "x-kubernetes-map-type") == "atomic" {
			return "M" + expr(t.Elem(), items)
		}
		return "m" + expr(t.Elem(), items)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "x"
		}
		items, _ := p["items"].(map[string]any)
		el := expr(t.Elem(), items)
		switch str(p, "x-kubernetes-list-type") {
		case "set":
			return "e" + el
		case "map":
			keys := []string{}
			for _, k := range p["x-kubernetes-list-map-keys"].([]any) {
				key := k.(string)
				if d, ok := defs[full(t.Elem())]["properties"].(map[string]any)[key].(map[string]any)["default"]; ok {
					// A key that is never left out stands for nothing by itself; one that may be left out needs to say so.
					if s, ok := d.(string); ok && (s != "" || optional(t.Elem(), key)) {
						key += "=" + s
					}
				}
				// The one default of a key; OpenAPI leaves it out where the type is an alias of text.
				if key == "protocol" {
					key += "=TCP"
				}
				keys = append(keys, key)
			}
			return "k[" + strings.Join(keys, ",") + "]" + el
		}
		return "l" + el
	}
	panic(t.String())
}

// optional says whether Go leaves a field out where it is empty.
func optional(t reflect.Type, key string) bool {
	for i := 0; i < t.NumField(); i++ {
		tag := strings.Split(t.Field(i).Tag.Get("json"), ",")
		if tag[0] == key {
			return len(tag) > 1 && tag[1] == "omitempty"
		}
	}
	return false
}

func fields(t reflect.Type, props map[string]any, out *[]string, prefix string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("json"), ",")
		number := ""
		if p := strings.Split(f.Tag.Get("protobuf"), ","); len(p) > 1 {
			number = prefix + p[1]
		}
		if tag[0] == "-" {
			continue
		}
		has := func(o string) bool {
			for _, x := range tag[1:] {
				if x == o {
					return true
				}
			}
			return false
		}
		if has("inline") || (f.Anonymous && tag[0] == "") {
			ft := f.Type
			if ft.Kind() == reflect.Pointer {
				ft = ft.Elem()
			}
			inner := prefix
			if number != "" {
				inner = number + "."
			}
			fields(ft, props, out, inner)
			continue
		}
		if !f.IsExported() {
			continue
		}
		flags := ""
		if f.Type.Kind() == reflect.Pointer {
			flags += "*"
		}
		if has("omitempty") {
			flags += "?"
		}
		if has("omitzero") {
			flags += "0"
		}
		p, _ := props[tag[0]].(map[string]any)
		e := expr(f.Type, p)
		if s := f.Tag.Get("patchStrategy"); s != "" {
			e += "^" + strings.ReplaceAll(s, ",", "+")
			if k := f.Tag.Get("patchMergeKey"); k != "" {
				e += "=" + k
			}
		}
		// The envelope holds kind and version.
		if number != "" && t.Name() != "TypeMeta" {
			flags += "#" + number
		}
		*out = append(*out, tag[0]+flags+":"+e)
	}
}

func visit(t reflect.Type) {
	name := short(t)
	if _, ok := types[name]; ok {
		return
	}
	types[name] = t
	d := defs[full(t)]
	props, _ := d["properties"].(map[string]any)
	atomic := ""
	if str(d, "x-kubernetes-map-type") == "atomic" {
		atomic = "!"
	}
	out := []string{}
	fields(t, props, &out, "")
	lines[name] = name + atomic + " " + strings.Join(out, ";")
}

func main() {
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var doc struct{ Definitions map[string]prop }
	if err := json.Unmarshal(raw, &doc); err != nil {
		panic(err)
	}
	defs = doc.Definitions
	s := runtime.NewScheme()
	_ = apiext.AddToScheme(s)
	all := map[schema.GroupVersionKind]reflect.Type{}
	for k, t := range scheme.Scheme.AllKnownTypes() {
		all[k] = t
	}
	for k, t := range s.AllKnownTypes() {
		if k.Kind == "CustomResourceDefinition" {
			all[k] = t
		}
	}
	want := map[string]bool{"/v1": true, "apps/v1": true, "batch/v1": true, "autoscaling/v1": true, "autoscaling/v2": true, "networking.k8s.io/v1": true,
		"policy/v1": true, "rbac.authorization.k8s.io/v1": true, "storage.k8s.io/v1": true, "coordination.k8s.io/v1": true, "discovery.k8s.io/v1": true,
		"events.k8s.io/v1": true, "authentication.k8s.io/v1": true, "authorization.k8s.io/v1": true, "apiextensions.k8s.io/v1": true, "admissionregistration.k8s.io/v1": true, "scheduling.k8s.io/v1": true}
	for k, t := range all {
		if !want[k.Group+"/"+k.Version] || strings.HasSuffix(k.Kind, "List") || strings.HasSuffix(k.Kind, "Options") {
			continue
		}
		if _, ok := t.FieldByName("ObjectMeta"); !ok {
			continue
		}
		visit(t)
	}
	names := []string{}
	for n := range lines {
		names = append(names, n)
	}
	sort.Strings(names)
	unserved := map[string]bool{"core.v1.ComponentStatus": true, "core.v1.ComponentCondition": true, "core.v1.RangeAllocation": true,
		"core.v1.PodStatusResult": true, "core.v1.Binding": true}
	for _, n := range names {
		if unserved[n] {
			continue
		}
		fmt.Println(lines[n])
	}
}
