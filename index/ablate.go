package index

// Step is a part of answering that can be left out, to measure what it is worth.
type Step string

// The steps, in the order in which a question goes through them.
const (
	StepDecode   Step = "decode"   // reading what was typed
	StepMarks    Step = "marks"    // guessing missing marks
	StepPairs    Step = "pairs"    // neighbouring words together
	StepFillers  Step = "fillers"  // counting question words for less
	StepSynonyms Step = "synonyms" // other words for the same
	StepAspects  Step = "aspects"  // what asks for a section counts for less
	StepWordings Step = "wordings" // comparing with each wording of an article
	StepLearned  Step = "learned"  // what was learnt from all wordings
	StepOutside  Step = "outside"  // knowing what people ask besides
)

// Steps lists all steps.
func Steps() []Step {
	return []Step{
		StepDecode, StepMarks, StepPairs,
		StepFillers, StepSynonyms, StepAspects, StepWordings, StepLearned, StepOutside,
	}
}

// Without returns a view of the version that answers without the step. It
// lives as long as the version does.
func (v *Version) Without(step Step) *Version {
	m := *v.model
	m.off = step
	return &Version{id: v.id, created: v.created, base: v.base, bleve: v.bleve, model: &m}
}
