package messages

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestTheCIServerIsReadFromItsVariables(t *testing.T) {
	event := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(event, []byte(`{"pull_request":{"head":{"sha":"feed"}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"none", map[string]string{"BUILD_URL": "https://ci/1"}, `null`},
		{"one that is turned off", map[string]string{"GITHUB_ACTIONS": "false"}, `null`},
		{"Azure", map[string]string{
			"TF_BUILD": "True", "BUILD_BUILDNUMBER": "7", "BUILD_BUILDID": "70", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/shop/", "SYSTEM_TEAMPROJECT": "orders",
			"BUILD_REPOSITORY_URI": "https://shop@dev.azure.com/shop/orders", "BUILD_SOURCEVERSION": "cafe", "BUILD_SOURCEBRANCH": "refs/tags/v1",
		}, `{"name":"Azure Pipelines","url":"https://dev.azure.com/shop/orders/_build/results?buildId=70","buildNumber":"7","git":{"remote":"https://dev.azure.com/shop/orders","revision":"cafe","tag":"v1"}}`},
		{"Bitbucket", map[string]string{
			"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_GIT_HTTP_ORIGIN": "https://bitbucket.org/shop/orders", "BITBUCKET_COMMIT": "cafe", "BITBUCKET_BRANCH": "main",
		}, `{"name":"Bitbucket Pipelines","url":"https://bitbucket.org/shop/orders/pipelines/results/7","buildNumber":"7","git":{"remote":"https://bitbucket.org/shop/orders","revision":"cafe","branch":"main"}}`},
		{"Buildkite", map[string]string{
			"BUILDKITE": "true", "BUILDKITE_BUILD_URL": "https://buildkite.com/shop/orders/builds/7", "BUILDKITE_BUILD_NUMBER": "7", "BUILDKITE_REPO": "git@github.com:shop/orders.git",
			"BUILDKITE_COMMIT": "cafe", "BUILDKITE_BRANCH": "main", "BUILDKITE_TAG": "",
		}, `{"name":"Buildkite","url":"https://buildkite.com/shop/orders/builds/7","buildNumber":"7","git":{"remote":"git@github.com:shop/orders.git","revision":"cafe","branch":"main"}}`},
		{"CircleCI", map[string]string{
			"CIRCLECI": "true", "CIRCLE_BUILD_URL": "https://circleci.com/gh/shop/7", "CIRCLE_BUILD_NUM": "7", "CIRCLE_REPOSITORY_URL": "git@github.com:shop/orders.git", "CIRCLE_SHA1": "cafe", "CIRCLE_TAG": "v1",
		}, `{"name":"CircleCI","url":"https://circleci.com/gh/shop/7","buildNumber":"7","git":{"remote":"git@github.com:shop/orders.git","revision":"cafe","tag":"v1"}}`},
		{"CodeBuild", map[string]string{
			"CODEBUILD_BUILD_ID": "orders:1", "CODEBUILD_BUILD_URL": "https://eu-west-1.console.aws.amazon.com/codebuild/7", "CODEBUILD_BUILD_NUMBER": "7",
			"CODEBUILD_SOURCE_REPO_URL": "https://github.com/shop/orders.git", "CODEBUILD_RESOLVED_SOURCE_VERSION": "cafe", "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main",
		}, `{"name":"AWS CodeBuild","url":"https://eu-west-1.console.aws.amazon.com/codebuild/7","buildNumber":"7","git":{"remote":"https://github.com/shop/orders.git","revision":"cafe","branch":"main"}}`},
		{"GitHub", map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "shop/orders", "GITHUB_RUN_ID": "7", "GITHUB_SHA": "cafe", "GITHUB_REF": "refs/heads/main",
		}, `{"name":"GitHub Actions","url":"https://github.com/shop/orders/actions/runs/7","buildNumber":"7","git":{"remote":"https://github.com/shop/orders.git","revision":"cafe","branch":"main"}}`},
		{"a pull request on GitHub, whose commit is a merge that nobody has made", map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "shop/orders", "GITHUB_RUN_ID": "7", "GITHUB_SHA": "cafe", "GITHUB_REF": "refs/pull/1/merge",
			"GITHUB_HEAD_REF": "topic", "GITHUB_EVENT_PATH": event,
		}, `{"name":"GitHub Actions","url":"https://github.com/shop/orders/actions/runs/7","buildNumber":"7","git":{"remote":"https://github.com/shop/orders.git","revision":"feed","branch":"topic"}}`},
		{"GitLab, whose address of the repository has a token in it", map[string]string{
			"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.com/shop/orders/-/jobs/7", "CI_JOB_ID": "7",
			"CI_REPOSITORY_URL": "https://gitlab-ci-token:hunter2@gitlab.com/shop/orders.git", "CI_COMMIT_SHA": "cafe", "CI_COMMIT_BRANCH": "main",
		}, `{"name":"GitLab","url":"https://gitlab.com/shop/orders/-/jobs/7","buildNumber":"7","git":{"remote":"https://gitlab.com/shop/orders.git","revision":"cafe","branch":"main"}}`},
		{"Jenkins, with a password that makes an address nobody can read", map[string]string{
			"JENKINS_URL": "https://ci/", "BUILD_URL": "https://me:hunter2@ci/job/7/", "BUILD_NUMBER": "7", "GIT_URL": "https://me:hun/ter2@git/shop.git", "GIT_COMMIT": "cafe", "GIT_LOCAL_BRANCH": "main",
		}, `{"name":"Jenkins","url":"https://ci/job/7/","buildNumber":"7"}`},
		{"TeamCity", map[string]string{
			"TEAMCITY_VERSION": "2026.1", "BUILD_URL": "https://ci/7", "BUILD_NUMBER": "7", "BUILD_VCS_NUMBER": "cafe", "GIT_URL": "https://git/shop.git", "GIT_BRANCH": "refs/heads/main",
		}, `{"name":"TeamCity","url":"https://ci/7","buildNumber":"7","git":{"remote":"https://git/shop.git","revision":"cafe","branch":"main"}}`},
		{"Travis", map[string]string{
			"TRAVIS": "true", "TRAVIS_BUILD_WEB_URL": "https://travis-ci.com/7", "TRAVIS_JOB_NUMBER": "7.1", "TRAVIS_REPO_SLUG": "shop/orders", "TRAVIS_COMMIT": "cafe", "TRAVIS_BRANCH": "main",
		}, `{"name":"Travis CI","url":"https://travis-ci.com/7","buildNumber":"7.1","git":{"remote":"https://github.com/shop/orders.git","revision":"cafe","branch":"main"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			ci := metaOf(func(name string) (string, bool) {
				value, ok := c.env[name]
				return value, ok
			}).CI
			got, err := json.Marshal(ci)
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n  got  %s\n  want %s", err, got, c.want)
			}
		})
	}
}
