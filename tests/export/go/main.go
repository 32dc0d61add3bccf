// Renders Modelfile templates with Go's own text/template, set up as Ollama sets it up.
//
// Reads one JSON array of {"template", "values"} on stdin and writes one JSON array of {"text", "error"}.
package main

import (
	"encoding/json"
	"os"
	"strings"
	"text/template"
)

type message struct {
	Role    string
	Content string
}

type job struct {
	Template string `json:"template"`
	Values   struct {
		System   string
		Messages []*message
		Response string
	} `json:"values"`
}

type result struct {
	Text  string `json:"text"`
	Error string `json:"error"`
}

func render(one job) result {
	functions := template.FuncMap{"json": func(value any) string {
		text, _ := json.Marshal(value)
		return string(text)
	}}
	parsed, err := template.New("").Option("missingkey=zero").Funcs(functions).Parse(one.Template)
	if err != nil {
		return result{Error: err.Error()}
	}
	values := map[string]any{
		"System":   one.Values.System,
		"Messages": one.Values.Messages,
		"Response": one.Values.Response,
	}
	var out strings.Builder
	if err := parsed.Execute(&out, values); err != nil {
		return result{Error: err.Error()}
	}
	return result{Text: out.String()}
}

func main() {
	var jobs []job
	if err := json.NewDecoder(os.Stdin).Decode(&jobs); err != nil {
		panic(err)
	}
	results := make([]result, 0, len(jobs))
	for _, one := range jobs {
		results = append(results, render(one))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(results); err != nil {
		panic(err)
	}
}
