//! The words of the stock: kinds of storerooms, items, documents and movements, and their reasons.

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The kind of a storeroom.
    pub enum RoomKind("kind") {
        Main = "main" => tr!(inventory.room_main),
        /// Prescriptions are dispensed from it.
        Pharmacy = "pharmacy" => tr!(inventory.room_pharmacy),
        Ward = "ward" => tr!(inventory.room_ward),
        Theatre = "theatre" => tr!(inventory.room_theatre),
        /// Returned and recalled goods: nothing of it is handed out.
        Quarantine = "quarantine" => tr!(inventory.room_quarantine),
        /// Goods on the way between two storerooms. The program makes and fills it.
        Transit = "transit" => tr!(ward_stock.room_transit),
    }
}

crate::text_enum! {
    /// The kind of an item.
    pub enum GoodsKind("kind") {
        /// A drug of the formulary.
        Medicine = "medicine" => tr!(inventory.goods_medicine),
        Consumable = "consumable" => tr!(inventory.goods_consumable),
        Reagent = "reagent" => tr!(inventory.goods_reagent),
        Linen = "linen" => tr!(inventory.goods_linen),
        Food = "food" => tr!(inventory.goods_food),
        Other = "other" => tr!(inventory.goods_other),
    }
}

crate::text_enum! {
    /// The smallest unit of an item that is ever handed out.
    pub enum StockUnit("unit") {
        Tablet = "tablet" => tr!(formulary.unit_tablet),
        Capsule = "capsule" => tr!(formulary.unit_capsule),
        Ampoule = "ampoule" => tr!(formulary.unit_ampoule),
        Vial = "vial" => tr!(formulary.unit_vial),
        Bag = "bag" => tr!(formulary.unit_bag),
        Syringe = "syringe" => tr!(formulary.unit_syringe),
        Sachet = "sachet" => tr!(formulary.unit_sachet),
        Dose = "dose" => tr!(formulary.unit_dose),
        Patch = "patch" => tr!(formulary.unit_patch),
        Suppository = "suppository" => tr!(formulary.unit_suppository),
        Pessary = "pessary" => tr!(formulary.unit_pessary),
        Bottle = "bottle" => tr!(formulary.unit_bottle),
        Tube = "tube" => tr!(formulary.unit_tube),
        Millilitre = "mL" => tr!(formulary.unit_ml),
        Piece = "piece" => tr!(inventory.unit_piece),
    }
}

impl StockUnit {
    /// The unit of several: `vials`. A measure has no plural.
    pub fn several(self) -> &'static str {
        match self {
            Self::Tablet => tr!(pharmacy.tablets),
            Self::Capsule => tr!(pharmacy.capsules),
            Self::Ampoule => tr!(pharmacy.ampoules),
            Self::Vial => tr!(pharmacy.vials),
            Self::Bag => tr!(pharmacy.bags),
            Self::Syringe => tr!(pharmacy.syringes),
            Self::Sachet => tr!(pharmacy.sachets),
            Self::Dose => tr!(pharmacy.doses),
            Self::Patch => tr!(pharmacy.patches),
            Self::Suppository => tr!(pharmacy.suppositories),
            Self::Pessary => tr!(pharmacy.pessaries),
            Self::Bottle => tr!(pharmacy.bottles),
            Self::Tube => tr!(pharmacy.tubes),
            Self::Millilitre => tr!(formulary.unit_ml),
            Self::Piece => tr!(inventory.pieces),
        }
    }

    /// A number of units in words: `1 vial`, `200 vials`.
    pub fn count(self, units: i64) -> String {
        format!("{units} {}", if units == 1 { self.words() } else { self.several() })
    }
}

crate::text_enum! {
    /// Whether a batch may be handed out.
    pub enum BatchStatus("status") {
        Released = "released" => tr!(inventory.batch_released),
        Quarantined = "quarantined" => tr!(inventory.batch_quarantined),
        Recalled = "recalled" => tr!(inventory.batch_recalled),
    }
}

crate::text_enum! {
    /// The act behind movements.
    pub enum StockDocumentKind("kind") {
        Opening = "opening" => tr!(inventory.document_opening),
        Receipt = "receipt" => tr!(inventory.document_receipt),
        Transfer = "transfer" => tr!(inventory.document_transfer),
        Adjustment = "adjustment" => tr!(inventory.document_adjustment),
        WriteOff = "write_off" => tr!(inventory.document_write_off),
        Dispense = "dispense" => tr!(inventory.document_dispense),
        Return = "return" => tr!(inventory.document_return),
        Count = "count" => tr!(inventory.document_count),
        SupplierReturn = "supplier_return" => tr!(inventory.document_supplier_return),
        /// A department uses goods up, or takes a mistake of that back.
        Consume = "consume" => tr!(inventory.document_consume),
    }
}

crate::text_enum! {
    /// The kind of a movement, which decides its sign.
    pub enum MovementKind("kind") {
        Opening = "opening" => tr!(inventory.document_opening),
        Receipt = "receipt" => tr!(inventory.document_receipt),
        TransferIn = "transfer_in" => tr!(inventory.movement_transfer_in),
        DispenseReturn = "dispense_return" => tr!(inventory.document_return),
        Gain = "gain" => tr!(inventory.movement_gain),
        Dispense = "dispense" => tr!(inventory.document_dispense),
        TransferOut = "transfer_out" => tr!(inventory.movement_transfer_out),
        Loss = "loss" => tr!(inventory.movement_loss),
        WriteOff = "write_off" => tr!(inventory.document_write_off),
        SupplierReturn = "supplier_return" => tr!(inventory.document_supplier_return),
        Consume = "consume" => tr!(inventory.document_consume),
        /// A consumption that was recorded by mistake comes back.
        ConsumeReturn = "consume_return" => tr!(inventory.movement_consume_return),
    }
}

crate::text_enum! {
    /// The reason for an adjustment or a write-off.
    pub enum StockReason("reason") {
        Expired = "expired" => tr!(inventory.reason_expired),
        Damaged = "damaged" => tr!(inventory.reason_damaged),
        Lost = "lost" => tr!(inventory.reason_lost),
        Found = "found" => tr!(inventory.reason_found),
        Miscounted = "miscounted" => tr!(inventory.reason_miscounted),
        Recalled = "recalled" => tr!(inventory.batch_recalled),
        Spoiled = "spoiled" => tr!(inventory.reason_spoiled),
        /// Needs a note.
        Other = "other" => tr!(inventory.goods_other),
    }
}

impl RoomKind {
    /// The kinds that a person can choose for a storeroom.
    pub const CHOSEN: &'static [Self] = &[Self::Main, Self::Pharmacy, Self::Ward, Self::Theatre, Self::Quarantine];

    /// Whether a storeroom of this kind is filled from others.
    pub const fn asks(self) -> bool {
        matches!(self, Self::Pharmacy | Self::Ward | Self::Theatre)
    }

    /// Whether goods are picked from a storeroom of this kind.
    pub const fn sends(self) -> bool {
        matches!(self, Self::Main | Self::Pharmacy)
    }
}

impl BatchStatus {
    /// The colour of the status.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Released => Tone::Done,
            Self::Quarantined => Tone::Warning,
            Self::Recalled => Tone::Critical,
        }
    }
}

impl MovementKind {
    /// Whether the movement adds to the stock.
    pub const fn is_in(self) -> bool {
        matches!(self, Self::Opening | Self::Receipt | Self::TransferIn | Self::DispenseReturn | Self::Gain | Self::ConsumeReturn)
    }
}

impl StockReason {
    /// The reasons to write goods off.
    pub const LOSSES: &'static [Self] = &[Self::Expired, Self::Damaged, Self::Lost, Self::Recalled, Self::Spoiled, Self::Other];
    /// The reasons to correct a quantity.
    pub const CORRECTIONS: &'static [Self] = &[Self::Miscounted, Self::Found, Self::Lost, Self::Other];
}
