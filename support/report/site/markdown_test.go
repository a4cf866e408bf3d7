package site

import (
	"strings"
	"testing"
)

func TestDescriptionsAreMarkdownThatDoesNoHarm(t *testing.T) {
	md := newMarkdown()
	for _, c := range []struct{ text, why, want string }{
		{"  *a*\n\n  - b", "what all lines are indented by is no code", "<p><em>a</em></p>\n<ul>\n<li>b</li>\n</ul>\n"},
		{"  a\n\n      b", "what is indented more is code", "<p>a</p>\n<pre><code>b\n</code></pre>\n"},
		{"# A\n\nb", "a heading would upset the outline of the page", "<p><strong>A</strong></p>\n<p>b</p>\n"},
		{"<b onclick=x>a</b> of <count>", "raw HTML is text, and may be the value of a row",
			"<p>&lt;b onclick=x&gt;a&lt;/b&gt; of &lt;count&gt;</p>\n"},
		{"<script>\nalert(1)\n</script>\n\na", "so are lines of it",
			"<p>&lt;script&gt;\nalert(1)\n&lt;/script&gt;</p>\n<p>a</p>\n"},
		{"<div>\n  *a*", "even if nothing closes them", "<p>&lt;div&gt;\n  *a*</p>\n"},
		{"[a](javascript:alert(1))", "a link that runs something is none", `<p><a href="">a</a></p>` + "\n"},
		{"![a](https://example.com/a.png)", "a picture would be loaded from elsewhere",
			`<p><a href="https://example.com/a.png">a</a></p>` + "\n"},
		{"![a](data:text/html,x)", "a link to data is none", "<p>a</p>\n"},
		{"| a |\n|---|\n| b |", "tables",
			"<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>\n"},
		{" \n ", "nothing", ""},
	} {
		if got := md.html(c.text); got != c.want {
			t.Errorf("%s (%s): got %q, want %q", c.text, c.why, got, c.want)
		}
	}
	if got := md.html(strings.Repeat("> ", 10_000) + "a"); got == "" {
		t.Error("nested deeply: got nothing, want some HTML")
	}
}
