// Hands messages from standard input to one of Cucumber's formatters: node format.mjs html|junit >FILE
import { createInterface } from 'node:readline'
import { stdin, stdout, argv } from 'node:process'

async function* envelopes() {
  for await (const line of createInterface({ input: stdin })) {
    if (line) yield JSON.parse(line)
  }
}

const formatters = {
  async html() {
    const { CucumberHtmlStream } = await import('@cucumber/html-formatter')
    const stream = new CucumberHtmlStream()
    stream.pipe(stdout)
    for await (const envelope of envelopes()) stream.write(envelope)
    stream.end()
  },
  async junit() {
    const { JUnitXmlPrinter } = await import('@cucumber/junit-xml-formatter')
    const printer = new JUnitXmlPrinter({}, (text) => stdout.write(text))
    for await (const envelope of envelopes()) printer.update(envelope)
  },
}

await formatters[argv[2]]()
