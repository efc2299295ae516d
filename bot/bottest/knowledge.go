package bottest

// FewExamples stands in place of lanes/examples.tsv in folders of knowledge whose
// lanes are not what is tested: to learn thousands of messages would take most of
// each start. Danger and reports are rules as well.
const FewExamples = "lane\tmessage\nquestion\tmất thẻ\nsmalltalk\tchào bạn nhé\n"
