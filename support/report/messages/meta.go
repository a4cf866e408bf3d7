// Who has made the messages, and where.

package messages

import (
	"encoding/json"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/internal/disk"
)

const module = "github.com/harken-bdd/harken"

func metaOf(environ func(string) (string, bool)) meta {
	return meta{
		ProtocolVersion: protocol,
		Implementation:  messages.Product{Name: "harken", Version: version()},
		Runtime:         messages.Product{Name: "go", Version: runtime.Version()},
		OS:              messages.Product{Name: runtime.GOOS},
		CPU:             messages.Product{Name: runtime.GOARCH},
		CI:              ciOf(environ),
	}
}

// version returns Harken's own version, also where it is part of another program. It is "" where the build does not
// know it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module && m.Version != "(devel)" {
			return m.Version
		}
	}
	return ""
}

// server is what a CI server says of itself: each text stands for the variables in it, and for nothing where one of
// them is not set. ${NAME#PREFIX} is the variable without the prefix, which it has to have.
type server struct {
	name, sign       string // sign is a variable that it alone sets
	url, number      string
	remote, revision string
	branch, tag      string
}

// servers names the variables that Cucumber's own library ci-environment reads, and some servers that it does not know.
// Azure's address is that of the page, and not the internal one.
func servers() []server {
	return []server{
		{
			name: "Azure Pipelines", sign: "TF_BUILD", number: "${BUILD_BUILDNUMBER}",
			url:    "${SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}${SYSTEM_TEAMPROJECT}/_build/results?buildId=${BUILD_BUILDID}",
			remote: "${BUILD_REPOSITORY_URI}", revision: "${BUILD_SOURCEVERSION}",
			branch: "${BUILD_SOURCEBRANCH#refs/heads/}", tag: "${BUILD_SOURCEBRANCH#refs/tags/}",
		},
		{
			name: "Bitbucket Pipelines", sign: "BITBUCKET_BUILD_NUMBER", number: "${BITBUCKET_BUILD_NUMBER}",
			url:    "${BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/${BITBUCKET_BUILD_NUMBER}",
			remote: "${BITBUCKET_GIT_HTTP_ORIGIN}", revision: "${BITBUCKET_COMMIT}", branch: "${BITBUCKET_BRANCH}", tag: "${BITBUCKET_TAG}",
		},
		{
			name: "Buildkite", sign: "BUILDKITE", url: "${BUILDKITE_BUILD_URL}", number: "${BUILDKITE_BUILD_NUMBER}",
			remote: "${BUILDKITE_REPO}", revision: "${BUILDKITE_COMMIT}", branch: "${BUILDKITE_BRANCH}", tag: "${BUILDKITE_TAG}",
		},
		{
			name: "CircleCI", sign: "CIRCLECI", url: "${CIRCLE_BUILD_URL}", number: "${CIRCLE_BUILD_NUM}",
			remote: "${CIRCLE_REPOSITORY_URL}", revision: "${CIRCLE_SHA1}", branch: "${CIRCLE_BRANCH}", tag: "${CIRCLE_TAG}",
		},
		{
			name: "AWS CodeBuild", sign: "CODEBUILD_BUILD_ID", url: "${CODEBUILD_BUILD_URL}", number: "${CODEBUILD_BUILD_NUMBER}",
			remote: "${CODEBUILD_SOURCE_REPO_URL}", revision: "${CODEBUILD_RESOLVED_SOURCE_VERSION}",
			branch: "${CODEBUILD_WEBHOOK_HEAD_REF#refs/heads/}", tag: "${CODEBUILD_WEBHOOK_HEAD_REF#refs/tags/}",
		},
		{
			name: "GitHub Actions", sign: "GITHUB_ACTIONS", number: "${GITHUB_RUN_ID}",
			url:    "${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}",
			remote: "${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git", revision: "${GITHUB_SHA}",
			branch: "${GITHUB_REF#refs/heads/}", tag: "${GITHUB_REF#refs/tags/}",
		},
		{
			name: "GitLab", sign: "GITLAB_CI", url: "${CI_JOB_URL}", number: "${CI_JOB_ID}",
			remote: "${CI_REPOSITORY_URL}", revision: "${CI_COMMIT_SHA}", branch: "${CI_COMMIT_BRANCH}", tag: "${CI_COMMIT_TAG}",
		},
		{
			name: "Jenkins", sign: "JENKINS_URL", url: "${BUILD_URL}", number: "${BUILD_NUMBER}",
			remote: "${GIT_URL}", revision: "${GIT_COMMIT}", branch: "${GIT_LOCAL_BRANCH}",
		},
		{
			name: "TeamCity", sign: "TEAMCITY_VERSION", url: "${BUILD_URL}", number: "${BUILD_NUMBER}",
			remote: "${GIT_URL}", revision: "${BUILD_VCS_NUMBER}", branch: "${GIT_BRANCH#refs/heads/}",
		},
		{
			name: "Travis CI", sign: "TRAVIS", url: "${TRAVIS_BUILD_WEB_URL}", number: "${TRAVIS_JOB_NUMBER}",
			remote: "https://github.com/${TRAVIS_REPO_SLUG}.git", revision: "${TRAVIS_COMMIT}", branch: "${TRAVIS_BRANCH}", tag: "${TRAVIS_TAG}",
		},
	}
}

// ciOf returns the CI server that the environment is one of, or nil. It shows no credentials.
func ciOf(environ func(string) (string, bool)) *messages.Ci {
	for _, s := range servers() {
		if value, _ := environ(s.sign); value == "" || value == "false" {
			continue
		}
		expand := func(text string) string { return expanded(text, environ) }
		ci := &messages.Ci{Name: s.name, Url: public(expand(s.url)), BuildNumber: expand(s.number)}
		git := messages.Git{Remote: public(expand(s.remote)), Revision: expand(s.revision), Branch: expand(s.branch),
			Tag: expand(s.tag)}
		if s.sign == "GITHUB_ACTIONS" {
			pullRequest(&git, environ)
		}
		if git.Remote != "" && git.Revision != "" {
			ci.Git = &git
		}
		return ci
	}
	return nil
}

// pullRequest sets what was proposed where GitHub runs a pull request: its own variables name a merge that nobody has
// made.
func pullRequest(git *messages.Git, environ func(string) (string, bool)) {
	head, _ := environ("GITHUB_HEAD_REF")
	if head == "" {
		return
	}
	git.Branch = head
	path, _ := environ("GITHUB_EVENT_PATH")
	text, err := disk.Read(path)
	if err != nil {
		return // it may be asked for where the file is not
	}
	var event struct {
		PullRequest struct{ Head struct{ Sha string } } `json:"pull_request"`
	}
	if json.Unmarshal(text, &event) == nil && event.PullRequest.Head.Sha != "" {
		git.Revision = event.PullRequest.Head.Sha
	}
}

func expanded(text string, environ func(string) (string, bool)) string {
	complete := true
	text = os.Expand(text, func(variable string) string {
		name, prefix, _ := strings.Cut(variable, "#")
		value, _ := environ(name)
		value, ok := strings.CutPrefix(value, prefix)
		complete = complete && ok && value != ""
		return value
	})
	if !complete {
		return ""
	}
	return text
}

// public returns an address without credentials. Of one that cannot be read, so that nobody knows where they are,
// nothing is left, unless it is of the form git@host:path.
func public(address string) string {
	if !strings.Contains(address, "://") {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}
