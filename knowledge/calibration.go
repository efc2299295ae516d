package knowledge

import (
	"bytes"
	"encoding/json"
	"math"
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
	// Answer is the least confidence for a direct answer, Choices the least
	// likelihood of a right one among them for offering choices.
	Answer  float64 `json:"answer"`
	Choices float64 `json:"choices"`
}

// CalibrationFile is where a knowledge folder keeps its calibration. A folder
// without one uses the embedded file: the features are shares and so carry over.
const CalibrationFile = "calibration.json"

func (b *Base) parseCalibration(data []byte) []Problem {
	r := &report{file: CalibrationFile}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b.Calibration); err != nil {
		r.errorf(1, 1, "", "không đọc được (%v); hãy chạy lại trolyao calibrate", err)
		return r.problems
	}
	if !b.Calibration.Worded.sound() || !b.Calibration.Plain.sound() {
		r.errorf(1, 1, "", "thiếu hệ số hoặc ngưỡng không hợp lệ (từ 0 đến 1); hãy chạy lại trolyao calibrate")
	}
	return r.problems
}

// sound reports whether the numbers can be used.
func (f Fit) sound() bool {
	for _, weights := range []map[string]float64{f.Rank, f.Confidence, f.Offer} {
		if len(weights) == 0 {
			return false
		}
		for _, w := range weights {
			if math.IsNaN(w) || math.IsInf(w, 0) {
				return false
			}
		}
	}
	return f.Choices > 0 && f.Choices < 1 && f.Answer > 0 && f.Answer < 1
}
