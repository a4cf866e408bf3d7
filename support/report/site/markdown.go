// Descriptions are Markdown. What comes out of here is the only HTML that the pages take over as it is.

package site

import (
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"

	goldmarkhtml "github.com/yuin/goldmark/renderer/html"
)

// markdown turns descriptions into HTML that does no harm: raw HTML is shown as the text that it is (most often it is
// none, but a value of an outline, such as <count>), links that could run something are left out, a picture becomes a
// link to it, since a page loads nothing from elsewhere, and a heading becomes a strong line, since the page has an
// outline of its own.
type markdown struct{ goldmark.Markdown }

func newMarkdown() markdown {
	return markdown{goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(plainer{}, 1))),
	)}
}

// html returns text as HTML. It may be called concurrently.
func (md markdown) html(text string) string {
	text = dedent(text)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	var out bytes.Buffer
	if err := md.Convert([]byte(text), &out); err != nil {
		return "<p>" + html.EscapeString(text) + "</p>"
	}
	return out.String()
}

// dedent takes from all lines the indentation that they share, which in a feature says nothing and in Markdown means
// code.
func dedent(text string) string {
	lines := strings.Split(text, "\n")
	shared := -1
	for _, line := range lines {
		if body := strings.TrimLeft(line, " \t"); body != "" {
			if indent := len(line) - len(body); shared < 0 || indent < shared {
				shared = indent
			}
		}
	}
	if shared <= 0 {
		return text
	}
	for i, line := range lines {
		lines[i] = line[min(shared, len(line)):]
	}
	return strings.Join(lines, "\n")
}

// plainer writes headings, pictures and raw HTML.
type plainer struct{}

// RegisterFuncs has plainer write what it is for.
func (plainer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString("<p><strong>")
		} else {
			_, _ = w.WriteString("</strong></p>\n")
		}
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindImage, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		image, ok := n.(*ast.Image)
		safe := ok && !goldmarkhtml.IsDangerousURL(image.Destination) &&
			!bytes.HasPrefix(bytes.ToLower(image.Destination), []byte("data:"))
		switch {
		case safe && entering:
			_, _ = w.WriteString(`<a href="` + html.EscapeString(string(util.URLEscape(image.Destination, true))) + `">`)
		case safe:
			_, _ = w.WriteString("</a>")
		}
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if raw, ok := n.(*ast.RawHTML); ok && entering {
			_, _ = w.WriteString(html.EscapeString(string(raw.Segments.Value(source))))
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(
		w util.BufWriter, source []byte, n ast.Node, entering bool,
	) (ast.WalkStatus, error) {
		block, ok := n.(*ast.HTMLBlock)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		text := string(block.Lines().Value(source))
		if block.HasClosure() {
			text += string(block.ClosureLine.Value(source))
		}
		_, _ = w.WriteString("<p>" + html.EscapeString(strings.TrimSpace(text)) + "</p>\n")
		return ast.WalkContinue, nil
	})
}
