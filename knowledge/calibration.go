package knowledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
)

// Calibration is what "sure enough" means, fitted on a questions file by
// trolyao calibrate. It is published with the articles.
type Calibration struct {
	Fitted    Date   `json:"fitted"`    // the day of the fit
	Questions int    `json:"questions"` // how many it was fitted on
	Source    string `json:"source"`    // the file they came from
	// Worded is for articles that bring the questions they are asked by, Plain
	// for collections of titles and texts.
	Worded Fit `json:"worded"`
	Plain  Fit `json:"plain"`
}

// Fit is the fitted numbers of one kind of collection.
type Fit struct {
	// Rank weighs the features of a candidate: the higher the sum, the likelier
	// it answers the question.
	Rank map[string]float64 `json:"rank"`
	// Confidence does the same for the best candidate, knowing the others and
	// what of the question stays unanswered.
	Confidence map[string]float64 `json:"confidence"`
	// Offer does the same for "one of the first few is right".
	Offer map[string]float64 `json:"offer"`
	// GoesOn does the same for "the question goes on about what was last told".
	GoesOn map[string]float64 `json:"goes_on"`
	// GoOn are the limits for taking it so, by the decision that there would be
	// otherwise: "answer", "choices" or "abstain".
	GoOn map[string]GoOn `json:"go_on"`
	// Section weighs what speaks for showing a section of the article.
	Section map[string]float64 `json:"section"`
	// Answer is the least confidence for a direct answer, Choices the least
	// likelihood of a right one among them for offering choices.
	Answer  float64 `json:"answer"`
	Choices float64 `json:"choices"`
}

// GoOn is how likely a question must be to go on about what was last told.
type GoOn struct {
	Answer float64 `json:"answer"` // to be answered about that
	Offer  float64 `json:"offer"`  // for that to be among what is offered
}

// CalibrationFile is where a knowledge folder keeps its calibration. A folder
// without one uses the embedded file: the features are shares and so carry over.
const CalibrationFile = "calibration.json"

func parseCalibration(data []byte) (c Calibration, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, err
	}
	return c, errors.Join(c.Worded.sound(), c.Plain.sound())
}

// errCalibration is what is wrong with a calibration, for staff.
var errCalibration = errors.New("thiếu hệ số, hoặc ngưỡng không ở giữa 0 và 1")

// sound returns an error unless the numbers can be used.
func (f Fit) sound() error {
	for _, weights := range f.weights() {
		for _, w := range weights {
			if math.IsNaN(w) || math.IsInf(w, 0) {
				return errCalibration
			}
		}
	}
	for _, limits := range f.GoOn {
		if limits.Offer <= 0 || limits.Answer < limits.Offer || limits.Answer >= 1 {
			return errCalibration
		}
	}
	if f.Choices <= 0 || f.Choices >= 1 || f.Answer <= 0 || f.Answer >= 1 {
		return errCalibration
	}
	return nil
}

func (f Fit) weights() []map[string]float64 {
	return []map[string]float64{f.Rank, f.Confidence, f.Offer, f.GoesOn, f.Section}
}

// fits returns an error unless both weigh the same features.
func (c Calibration) fits(other Calibration) error {
	for i, weights := range slices.Concat(c.Worded.weights(), c.Plain.weights()) {
		theirs := slices.Concat(other.Worded.weights(), other.Plain.weights())[i]
		if !sameKeys(weights, theirs) {
			return errCalibration
		}
	}
	if !sameKeys(c.Worded.GoOn, other.Worded.GoOn) || !sameKeys(c.Plain.GoOn, other.Plain.GoOn) {
		return errCalibration
	}
	return nil
}

func sameKeys[V any](a, b map[string]V) bool {
	return maps.EqualFunc(a, b, func(V, V) bool { return true })
}
